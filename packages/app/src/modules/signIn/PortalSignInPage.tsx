import { SignInPage } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import { SignInPageProps } from '@backstage/plugin-app-react';
import { oidcAuthApiRef } from './oidcAuthApiRef';
import { readSamplePeople } from './readSamplePeople';
import { SamplePeoplePage } from './SamplePeoplePage';

/** The page before all others. */
export function PortalSignInPage({ onSignInSuccess }: SignInPageProps) {
  const config = useApi(configApiRef);
  const people = readSamplePeople(config);
  if (people.length > 0) {
    return (
      <SamplePeoplePage people={people} onSignInSuccess={onSignInSuccess} />
    );
  }
  return (
    <SignInPage
      auto
      title={config.getOptionalString('app.title') ?? 'Model Platform'}
      provider={{
        id: 'oidc',
        title: 'Your organisation',
        message: 'Sign in with the account of your organisation',
        apiRef: oidcAuthApiRef,
      }}
      onSignInSuccess={onSignInSuccess}
    />
  );
}
