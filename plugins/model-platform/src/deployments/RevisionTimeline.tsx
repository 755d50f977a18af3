import { useState } from 'react';
import { Badge, Button, Flex, Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  nameOfRef,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { reasonText } from './reasonText';
import { revisionContent } from './revisionContent';
import { RollbackButton } from './RollbackButton';

const PAGE_SIZE = 10;

/** The revisions, newest first: what each served, who made it and why, and the way back. */
export function RevisionTimeline(props: {
  deployment: Deployment;
  mayDeploy: boolean;
  onChanged: () => void;
}) {
  const { deployment, mayDeploy, onChanged } = props;
  const { name, generation, servingRevision } = deployment;
  const [limit, setLimit] = useState(PAGE_SIZE);
  const revisions = useLoaded(
    `revisions of ${name} ${generation} ${servingRevision} ${limit}`,
    (api, signal) =>
      loadPages(limit, page => api.listRevisions(name, page, { signal })),
    { on: ['deployments'], everyMs: 15_000, keep: true },
  );
  return (
    <div>
      <Text as="h3" variant="body-medium" weight="bold">
        Revisions
      </Text>
      <LoadState loaded={revisions} what={`the revisions of ${name}`}>
        {({ items, hasMore }) => (
          <Flex direction="column" gap="2" align="start">
            <ol
              style={{
                listStyle: 'none',
                margin: 0,
                padding: 0,
                width: '100%',
              }}
            >
              {items.map(revision => (
                <li
                  key={revision.number}
                  style={{
                    borderLeft: '2px solid var(--bui-border-2)',
                    padding: 'var(--bui-space-2) var(--bui-space-3)',
                  }}
                >
                  <Flex align="center" justify="between" gap="3">
                    <div>
                      <Flex align="center" gap="2">
                        <Text weight="bold">Revision {revision.number}</Text>
                        {revision.number === servingRevision && (
                          <Badge>serving</Badge>
                        )}
                        <Text>{revisionContent(revision)}</Text>
                      </Flex>
                      <Text as="div" variant="body-small" color="secondary">
                        <TimeAgo at={revision.createdAt} /> by{' '}
                        {nameOfRef(revision.actor)}
                        {reasonText(revision)}
                      </Text>
                    </div>
                    {mayDeploy && revision.number !== servingRevision && (
                      <RollbackButton
                        deployment={deployment}
                        revision={revision}
                        onChanged={onChanged}
                      />
                    )}
                  </Flex>
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
