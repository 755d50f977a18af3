import { useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { PublisherIdentity } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  modelPlatformApiRef,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { isValidToken } from '../shared/isValidToken';
import { loadPages } from '../shared/loadPages';
import { CiIdentities } from './CiIdentities';
import { PublisherTokensTable } from './PublisherTokensTable';

const PAGE_SIZE = 200;

/** Who may publish without being a person: tokens and CI jobs, as far as one may see them. */
export function Publishers(props: {
  /** Grows with each token that is made on the page. */
  made: number;
}) {
  const api = useApi(modelPlatformApiRef);
  const [showsPast, setShowsPast] = useState(false);
  const [limit, setLimit] = useState(PAGE_SIZE);
  const publishers = useLoaded(
    `publishers ${props.made} ${limit}`,
    async (requests, signal) => {
      let identities: PublisherIdentity[] = [];
      const tokens = await loadPages(limit, async page => {
        const one = await requests.listPublishers(
          { ...page, limit: PAGE_SIZE },
          { signal },
        );
        // On the first page only.
        identities = one.identities ?? identities;
        return one;
      });
      return { ...tokens, identities };
    },
    { keep: true },
  );
  return (
    <LoadState loaded={publishers} what="the tokens that publish">
      {({ items, identities, hasMore }) => {
        const past = items.filter(token => !isValidToken(token));
        const shown = showsPast ? items : items.filter(isValidToken);
        return (
          <Flex direction="column" gap="4">
            {shown.length === 0 ? (
              <Text as="p" color="secondary">
                No token of yours is valid now. Step 2 makes one; it is listed
                here, and can be revoked.
              </Text>
            ) : (
              <PublisherTokensTable
                tokens={shown}
                isValid={isValidToken}
                onRevoke={async id => {
                  await api.revokePublisher(id);
                  publishers.reload();
                }}
              />
            )}
            {hasMore && (
              <div>
                <Button
                  variant="secondary"
                  isPending={publishers.isStale}
                  onPress={() => setLimit(limit + PAGE_SIZE)}
                >
                  Show older tokens
                </Button>
              </div>
            )}
            {past.length > 0 && (
              <div>
                <Button
                  size="small"
                  variant="tertiary"
                  onPress={() => setShowsPast(!showsPast)}
                >
                  {showsPast
                    ? 'Hide those that are not valid any more'
                    : `Show ${past.length} expired or revoked`}
                </Button>
              </div>
            )}
            <CiIdentities identities={identities} />
          </Flex>
        );
      }}
    </LoadState>
  );
}
