import { useState } from 'react';
import {
  Alert,
  Button,
  Flex,
  SearchField,
  Select,
  Text,
  ToggleButton,
} from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  LoadingRows,
  LoadState,
  useDebounced,
} from '@model-platform/plugin-model-platform-react';
import { useUrlState } from '../shared/useUrlState';
import { isAtLeast, LOG_LEVELS } from './logLevels';
import { LogLines } from './LogLines';
import { useLogs } from './useLogs';

const ALL = 'all';
const TYPING_MS = 400;
const LEVEL_TITLES = {
  debug: 'All levels',
  info: 'Info and above',
  warn: 'Warnings and errors',
  error: 'Errors only',
};

function counted(shown: unknown[], lines: unknown[], grep?: string): string {
  if (!grep) return `${shown.length} of the last ${lines.length} lines`;
  return shown.length === 1
    ? '1 line has this'
    : `${shown.length} lines have this`;
}

/** The logs of one deployment's runners, to follow, filter and search. */
export function DeploymentLogs({ deployment }: { deployment: Deployment }) {
  const url = useUrlState();
  const [isFollowing, setFollowing] = useState(false);
  const runner = url.get('runner');
  const level = LOG_LEVELS.find(one => one === url.get('level')) ?? 'debug';
  const text = url.get('q') ?? '';
  const grep = useDebounced(text.trim(), TYPING_MS) || undefined;
  const logs = useLogs(deployment.name, {
    runner,
    grep,
    follow: isFollowing,
  });

  const runners = new Set([
    ...deployment.runners.map(({ id }) => id),
    ...logs.sources,
    ...(runner ? [runner] : []),
  ]);
  const titleOf = (id: string) => {
    const known = deployment.runners.find(one => one.id === id);
    return known ? `${id} (${known.phase})` : id;
  };
  const shown = (logs.lines ?? []).filter(line => isAtLeast(line, level));

  const nothing = grep
    ? 'No line that is kept has this.'
    : 'The runners have written nothing yet.';

  return (
    <Flex direction="column" gap="3">
      <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
        <div style={{ width: 260 }}>
          <Select
            label="Runner"
            options={[
              { value: ALL, label: 'All runners' },
              ...[...runners].map(id => ({ value: id, label: titleOf(id) })),
            ]}
            selectedKey={runner ?? ALL}
            onSelectionChange={key =>
              url.set({ runner: key === ALL ? undefined : String(key) })
            }
          />
        </div>
        <div style={{ width: 200 }}>
          <Select
            label="Level"
            options={LOG_LEVELS.map(one => ({
              value: one,
              label: LEVEL_TITLES[one],
            }))}
            selectedKey={level}
            onSelectionChange={key =>
              url.set({ level: key === 'debug' ? undefined : String(key) })
            }
          />
        </div>
        <div style={{ flex: 1, minWidth: 220 }}>
          <SearchField
            label="Search in the log"
            placeholder="Text, a request id or /expression/"
            size="small"
            value={text}
            onChange={value => url.set({ q: value }, { replace: true })}
          />
        </div>
        <ToggleButton isSelected={isFollowing} onChange={setFollowing}>
          Follow
        </ToggleButton>
        <Button variant="secondary" onPress={logs.reload}>
          Read again
        </Button>
      </Flex>
      <LoadState
        loaded={{
          data: logs.lines,
          error: logs.error,
          isLoading: logs.lines === undefined && logs.error === undefined,
          isStale: false,
          reload: logs.reload,
        }}
        what={`the logs of ${deployment.name}`}
        loading={<LoadingRows rows={10} label="Loading the logs" />}
      >
        {lines => (
          <>
            {isFollowing && logs.hasEnded && (
              <Alert
                status="info"
                icon
                role="status"
                title="The log ended"
                description="The platform closed it, as when the runner was replaced or the portal restarted."
                customActions={
                  <Button
                    size="small"
                    variant="secondary"
                    onPress={logs.reload}
                  >
                    Follow again
                  </Button>
                }
              />
            )}
            <Text as="p" variant="body-small" color="secondary" role="status">
              {lines.length === 0 ? nothing : counted(shown, lines, grep)}
            </Text>
            {lines.length > 0 && (
              <LogLines
                lines={shown}
                label={`Log of ${deployment.name}`}
                showsRunner={!runner && runners.size > 1}
              />
            )}
          </>
        )}
      </LoadState>
    </Flex>
  );
}
