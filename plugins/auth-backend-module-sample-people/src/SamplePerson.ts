import { Config } from '@backstage/config';
import {
  DEFAULT_NAMESPACE,
  parseEntityRef,
  stringifyEntityRef,
} from '@backstage/catalog-model';

/** Somebody of the sample organisation one can sign in as. */
export interface SamplePerson {
  /** Full, lower-case entity ref of the user. */
  entityRef: string;
  name: string;
  role: string;
}

/** Reads `modelPlatform.signIn.people`. Throws where a ref cannot be read. */
export function readSamplePeople(config: Config): SamplePerson[] {
  return (
    config.getOptionalConfigArray('modelPlatform.signIn.people') ?? []
  ).map(person => ({
    entityRef: stringifyEntityRef(
      parseEntityRef(person.getString('entityRef'), {
        defaultKind: 'user',
        defaultNamespace: DEFAULT_NAMESPACE,
      }),
    ),
    name: person.getString('name'),
    role: person.getString('role'),
  }));
}
