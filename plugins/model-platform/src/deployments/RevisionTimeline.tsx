import { useApi } from '@backstage/frontend-plugin-api';
import { Badge, Flex, Text } from '@backstage/ui';
import {
  Deployment,
  describeShare,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  modelPlatformApiRef,
  nameOfRef,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { TrafficNow } from './TrafficNow';

const SHOWN = 10;

/** The newest revisions: what each served, who made it and why, and the way back. */
export function RevisionTimeline(props: {
  deployment: Deployment;
  mayDeploy: boolean;
  onChanged: () => void;
}) {
  const { deployment, mayDeploy, onChanged } = props;
  const { name, generation, servingRevision } = deployment;
  const api = useApi(modelPlatformApiRef);
  const revisions = useLoaded(
    `revisions of ${name} ${generation} ${servingRevision}`,
    (requests, signal) =>
      requests.listRevisions(name, { limit: SHOWN }, { signal }),
    { on: ['deployments'], keep: true },
  );
  return (
    <div>
      <Text as="h3" variant="body-medium" weight="bold">
        Revisions
      </Text>
      <LoadState loaded={revisions} what={`the revisions of ${name}`}>
        {({ items }) => (
          <ol style={{ listStyle: 'none', margin: 0, padding: 0 }}>
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
                      <Text>{contentOf(revision)}</Text>
                    </Flex>
                    <Text as="div" variant="body-small" color="secondary">
                      <TimeAgo at={revision.createdAt} /> by{' '}
                      {nameOfRef(revision.actor)}
                      {revision.reason && `: ${revision.reason}`}
                    </Text>
                  </div>
                  {mayDeploy && revision.number !== servingRevision && (
                    <ConfirmDialog
                      opens="Roll back to this"
                      title={`Roll ${name} back to revision ${revision.number}?`}
                      does={`Roll back to revision ${revision.number}`}
                      onConfirm={async reason => {
                        await api.rollback(name, {
                          revision: revision.number,
                          reason,
                        });
                        onChanged();
                      }}
                    >
                      {() => (
                        <>
                          <Text as="p">
                            All calls go to {contentOf(revision)} as soon as its
                            runners are ready; until then{' '}
                            {servingRevision === undefined
                              ? 'nothing serves'
                              : `revision ${servingRevision} goes on serving`}
                            .
                          </Text>
                          <TrafficNow deployment={deployment} />
                        </>
                      )}
                    </ConfirmDialog>
                  )}
                </Flex>
              </li>
            ))}
          </ol>
        )}
      </LoadState>
    </div>
  );
}

function contentOf(revision: Revision): string {
  return revision.variants
    .map(variant =>
      revision.variants.length === 1
        ? `v${variant.version}`
        : `${variant.name} v${variant.version} ${describeShare(variant)}`,
    )
    .join(' · ');
}
