import { ConfigApi } from '@backstage/frontend-plugin-api';

/** Somebody of the sample organisation one can sign in as. */
export interface SamplePerson {
  entityRef: string;
  name: string;
  /** What this person does, in a few words. */
  role: string;
}

/** `modelPlatform.signIn.people`; none where a real sign-in is configured. */
export function readSamplePeople(config: ConfigApi): SamplePerson[] {
  return (
    config.getOptionalConfigArray('modelPlatform.signIn.people') ?? []
  ).map(person => ({
    entityRef: person.getString('entityRef'),
    name: person.getString('name'),
    role: person.getString('role'),
  }));
}
