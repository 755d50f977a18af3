import { useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  nameOfRef,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { reasonText } from './reasonText';
import { timelineText } from './timelineText';

const PAGE_SIZE = 10;

/** What happened to a deployment and why, newest first, as it happens. */
export function DeploymentTimeline(props: { deployment: Deployment }) {
  const { name, etag, phase } = props.deployment;
  const [limit, setLimit] = useState(PAGE_SIZE);
  const history = useLoaded(
    // At once after what the deployment itself shows.
    `timeline of ${name} ${etag} ${phase} ${limit}`,
    (api, signal) =>
      loadPages(limit, page =>
        api.listDeploymentHistory(name, page, { signal }),
      ),
    { on: ['deployments'], everyMs: 15_000, keep: true },
  );
  return (
    <div>
      <Text as="h3" variant="body-medium" weight="bold">
        What happened
      </Text>
      <LoadState loaded={history} what={`what happened to ${name}`}>
        {({ items, hasMore }) => (
          <Flex direction="column" gap="2" align="start">
            <ol
              aria-label={`What happened to ${name}`}
              style={{ listStyle: 'none', margin: 0, padding: 0 }}
            >
              {items.map(entry => (
                <li
                  key={entry.id}
                  style={{
                    borderLeft: '2px solid var(--bui-border-2)',
                    padding: 'var(--bui-space-1) var(--bui-space-3)',
                  }}
                >
                  <Text weight="bold">{timelineText(entry)}</Text>
                  <Text as="div" variant="body-small" color="secondary">
                    <TimeAgo at={entry.at} /> by {nameOfRef(entry.actor)}
                    {reasonText(entry)}
                  </Text>
                </li>
              ))}
            </ol>
            {hasMore && (
              <Button
                size="small"
                variant="tertiary"
                onPress={() => setLimit(limit + PAGE_SIZE)}
              >
                Show more
              </Button>
            )}
          </Flex>
        )}
      </LoadState>
    </div>
  );
}
