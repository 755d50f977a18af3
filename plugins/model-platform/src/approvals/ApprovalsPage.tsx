import { useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import {
  formatCounted,
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { PageBody } from '../shared/PageBody';
import { WaitingVersion } from './WaitingVersion';

const PAGE_SIZE = 20;

/** What waits for the reader's word, with the evidence beside it. */
export function ApprovalsPage() {
  const [limit, setLimit] = useState(PAGE_SIZE);
  const waiting = useLoaded(
    `waiting approvals ${limit}`,
    (api, signal) =>
      loadPages(limit, page =>
        api.listWaitingApprovals({ ...page, limit: PAGE_SIZE }, { signal }),
      ),
    { on: ['models'], keep: true },
  );
  return (
    <PageBody>
      <LoadState loaded={waiting} what="what waits for you">
        {({ items, hasMore }) => (
          <Flex direction="column" gap="4">
            {items.length === 0 && !hasMore ? (
              <Flex direction="column" gap="2">
                <Text as="h2" variant="title-x-small">
                  Nothing waits for you
                </Text>
                <Text as="p" color="secondary">
                  Here stand the newest versions that need your group’s approval
                  before an alias such as <em>champion</em> may name them. Which
                  aliases ask for whose approval, a platform admin says in the
                  portal’s configuration, under{' '}
                  <code>modelPlatform.aliasRules</code>.
                </Text>
              </Flex>
            ) : (
              <Text as="p" color="secondary" role="status">
                {formatCounted(items.length, 'version')}
                {items.length === 1 ? ' waits' : ' wait'} for your word, the
                longest waiting first.
              </Text>
            )}
            {items.map(one => (
              <WaitingVersion
                key={`${one.model.slug} ${one.version.number}`}
                waiting={one}
                onDecided={waiting.reload}
              />
            ))}
            {hasMore && (
              <div>
                <Button
                  variant="secondary"
                  isPending={waiting.isStale}
                  onPress={() => setLimit(limit + PAGE_SIZE)}
                >
                  Show more
                </Button>
              </div>
            )}
          </Flex>
        )}
      </LoadState>
    </PageBody>
  );
}
