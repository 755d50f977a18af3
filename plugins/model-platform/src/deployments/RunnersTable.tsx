import { CSSProperties } from 'react';
import { Text } from '@backstage/ui';
import { RunnerStatus } from '@model-platform/plugin-model-platform-common';
import { TimeAgo } from '@model-platform/plugin-model-platform-react';

const PHASES: Record<RunnerStatus['phase'], string> = {
  starting: 'starting',
  ready: 'ready',
  draining: 'finishing its requests',
  failed: 'failed',
  stopped: 'stopped',
  asleep: 'asleep: starts when calls need it',
};

const cell: CSSProperties = {
  borderBottom: '1px solid var(--bui-border-1)',
  padding: 'var(--bui-space-1) var(--bui-space-3) var(--bui-space-1) 0',
  textAlign: 'left',
  verticalAlign: 'top',
};

/** The running instances: since when, how often restarted, and why. */
export function RunnersTable(props: { runners: RunnerStatus[] }) {
  if (props.runners.length === 0) {
    return (
      <Text as="p" color="secondary">
        No runner is there now.
      </Text>
    );
  }
  return (
    <table
      style={{
        borderCollapse: 'collapse',
        color: 'var(--bui-fg-primary)',
        fontSize: 'var(--bui-font-size-3)',
        width: '100%',
      }}
    >
      <thead>
        <tr>
          {['Runner', 'State', 'Restarts', 'Since'].map(title => (
            <th key={title} scope="col" style={cell}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.runners.map(runner => (
          <tr key={runner.id}>
            <th scope="row" style={{ ...cell, fontWeight: 400 }}>
              {runner.variant} v{runner.version}
              <Text as="div" variant="body-small" color="secondary">
                revision {runner.revision}
              </Text>
            </th>
            <td style={cell}>
              {PHASES[runner.phase]}
              {runner.message && (
                <Text as="div" variant="body-small" color="secondary">
                  {runner.message}
                </Text>
              )}
            </td>
            <td style={cell}>{runner.restarts}</td>
            <td style={cell}>
              <TimeAgo at={runner.startedAt} none="–" />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
