import { Text } from '@backstage/ui';
import { PublisherIdentity } from '@model-platform/plugin-model-platform-common';
import { grantInWords } from './grantInWords';

/** CI systems whose jobs act with their own tokens; as configured, so nothing can be changed here. */
export function CiIdentities({
  identities,
}: {
  identities: PublisherIdentity[];
}) {
  return (
    <section aria-label="CI jobs">
      <Text as="h3" variant="body-medium" weight="bold">
        CI jobs, without a stored token
      </Text>
      {identities.length === 0 ? (
        <Text as="p" color="secondary">
          A job of GitHub Actions, GitLab or another CI system can publish with
          the token that its CI system gives to it. None is set up for models of
          yours: a platform admin does that in the portal’s configuration, under{' '}
          <code>modelPlatform.ciIdentities</code>.
        </Text>
      ) : (
        <>
          <Text as="p" variant="body-small" color="secondary">
            From the portal’s configuration (
            <code>modelPlatform.ciIdentities</code>).
          </Text>
          <ul style={{ margin: 0 }}>
            {identities.flatMap(({ name, issuer, grants }) =>
              grants.map(grant => {
                const claims = Object.entries(grant.claims)
                  .map(([claim, values]) => `${claim} ${values.join(' or ')}`)
                  .join(', ');
                return (
                  <li key={`${name} ${claims} ${grantInWords(grant)}`}>
                    <Text>
                      {name}: {claims}
                    </Text>
                    <Text as="div" variant="body-small" color="secondary">
                      {grantInWords(grant)}; by tokens of {issuer}
                    </Text>
                  </li>
                );
              }),
            )}
          </ul>
        </>
      )}
    </section>
  );
}
