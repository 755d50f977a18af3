import { useState } from 'react';
import { ProxiedSignInPage } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { SignInPageProps } from '@backstage/plugin-app-react';
import { SamplePerson } from './readSamplePeople';
import { SamplePeopleList } from './SamplePeopleList';
import { SamplePersonIdentity } from './SamplePersonIdentity';
import { SignInMemory } from './SignInMemory';
import { SignInRefused } from './SignInRefused';
import { useSignInKey } from './useSignInKey';

/** The sample people to choose from; the key proves that one is at this machine. */
export function SamplePeoplePage(
  props: SignInPageProps & { people: SamplePerson[] },
) {
  const { people, onSignInSuccess } = props;
  const title =
    useApi(configApiRef).getOptionalString('app.title') ?? 'Model Platform';
  const [memory] = useState(() => new SignInMemory());
  const key = useSignInKey(memory);
  const [chosen, setChosen] = useState(() =>
    people.find(person => person.entityRef === memory.person),
  );
  const choose = (person: SamplePerson | undefined) => {
    memory.person = person?.entityRef;
    setChosen(person);
  };

  if (!key) {
    return <SignInRefused title={title} />;
  }
  if (!chosen) {
    return <SamplePeopleList title={title} people={people} onChoose={choose} />;
  }
  return (
    <ProxiedSignInPage
      key={chosen.entityRef}
      provider="sample-people"
      headers={{ 'x-sign-in-key': key, 'x-sign-in-person': chosen.entityRef }}
      ErrorComponent={({ error }) => (
        <SignInRefused
          title={title}
          error={error}
          onBack={() => choose(undefined)}
        />
      )}
      onSignInSuccess={identity =>
        onSignInSuccess(
          new SamplePersonIdentity(identity, () => {
            memory.person = undefined;
          }),
        )
      }
    />
  );
}
