import { Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  LoadState,
  modelPlatformApiRef,
  nameOfRef,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { isValidToken } from '../shared/isValidToken';
import { RefLink } from '../shared/RefLink';
import { NewTokenForm } from './NewTokenForm';

/** The tokens of an endpoint, and a form for one more. */
export function EndpointTokens(props: {
  endpoint: string;
  /** Entity ref of the model's owner. */
  owner: string;
  mayCreate: boolean;
  mayDeploy: boolean;
  onCreated: (token: string) => void;
}) {
  const { endpoint, owner, mayCreate, mayDeploy, onCreated } = props;
  const api = useApi(modelPlatformApiRef);
  const tokens = useLoaded(
    `tokens of ${endpoint}`,
    (requests, signal) =>
      requests.listEndpointTokens(endpoint, { limit: 50 }, { signal }),
    { skip: !mayCreate },
  );
  if (!mayCreate) {
    return (
      <Text as="p">
        You may not make tokens for this endpoint. That takes the right{' '}
        <code>model-platform.endpoint-token.create</code>; members of{' '}
        <RefLink entityRef={owner} /> have it, and whoever the model is shared
        with.
      </Text>
    );
  }
  return (
    <Flex direction="column" gap="3">
      <NewTokenForm
        endpoint={endpoint}
        mayDeploy={mayDeploy}
        onCreated={token => {
          onCreated(token);
          tokens.reload();
        }}
      />
      <LoadState loaded={tokens} what={`the tokens of ${endpoint}`}>
        {({ items }) => {
          const valid = items.filter(isValidToken);
          return valid.length === 0 ? (
            <Text as="p" color="secondary">
              No application has a token yet.
            </Text>
          ) : (
            <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
              {valid.map(token => (
                <li key={token.id}>
                  <Flex align="center" justify="between" gap="2">
                    <Text>
                      <RefLink
                        entityRef={token.consumer}
                        defaultKind="component"
                      />
                      , made <TimeAgo at={token.createdAt} /> by{' '}
                      {nameOfRef(token.createdBy)},{' '}
                      {token.expiresAt ? (
                        <>
                          expires <TimeAgo at={token.expiresAt} />
                        </>
                      ) : (
                        'does not expire'
                      )}
                      {token.rate &&
                        `, ${token.rate.calls} calls a ${token.rate.per}`}
                      {token.mayChooseVariant && ', chooses the variant'}
                    </Text>
                    <ConfirmDialog
                      opens="Revoke"
                      variant="tertiary"
                      title={`Revoke the token of ${nameOfRef(
                        token.consumer,
                      )}?`}
                      does="Revoke"
                      isDestructive
                      asksReason={false}
                      onConfirm={async () => {
                        await api.revokeEndpointToken(endpoint, token.id);
                        tokens.reload();
                      }}
                    >
                      {() => (
                        <Text as="p">
                          Within five seconds every call with it is refused with
                          401. It can't be undone; a new token can be made.
                        </Text>
                      )}
                    </ConfirmDialog>
                  </Flex>
                </li>
              ))}
            </ul>
          );
        }}
      </LoadState>
    </Flex>
  );
}
