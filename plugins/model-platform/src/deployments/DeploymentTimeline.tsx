import { Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { Timeline } from './Timeline';
import { timelineText } from './timelineText';

/** What happened to a deployment and why. */
export function DeploymentTimeline(props: { deployment: Deployment }) {
  const { name, etag, phase } = props.deployment;
  return (
    <Timeline
      title="What happened"
      what={`what happened to ${name}`}
      // At once after what the deployment itself shows.
      version={`${etag} ${phase}`}
      load={(api, page, signal) =>
        api.listDeploymentHistory(name, page, { signal })
      }
      toEntry={entry => ({
        key: entry.id,
        what: <Text weight="bold">{timelineText(entry)}</Text>,
        at: entry.at,
        actor: entry.actor,
        reason: entry.reason,
      })}
    />
  );
}
