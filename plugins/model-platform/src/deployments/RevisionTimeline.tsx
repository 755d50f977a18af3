import { Badge, Flex, Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { revisionContent } from './revisionContent';
import { RollbackButton } from './RollbackButton';
import { Timeline } from './Timeline';

/** The revisions: what each served, who made it and why, and the way back. */
export function RevisionTimeline(props: {
  deployment: Deployment;
  mayDeploy: boolean;
  onChanged: () => void;
}) {
  const { deployment, mayDeploy, onChanged } = props;
  const { name, generation, servingRevision } = deployment;
  return (
    <Timeline
      title="Revisions"
      what={`the revisions of ${name}`}
      version={`${generation} ${servingRevision}`}
      load={(api, page, signal) => api.listRevisions(name, page, { signal })}
      toEntry={revision => ({
        key: revision.number,
        what: (
          <Flex align="center" gap="2">
            <Text weight="bold">Revision {revision.number}</Text>
            {revision.number === servingRevision && <Badge>serving</Badge>}
            <Text>{revisionContent(revision)}</Text>
          </Flex>
        ),
        at: revision.createdAt,
        actor: revision.actor,
        reason: revision.reason,
        action: mayDeploy && revision.number !== servingRevision && (
          <RollbackButton
            deployment={deployment}
            revision={revision}
            onChanged={onChanged}
          />
        ),
      })}
    />
  );
}
