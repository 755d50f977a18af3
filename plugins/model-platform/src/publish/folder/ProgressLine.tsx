import { useId } from 'react';
import { Text } from '@backstage/ui';

/** How far something is, as a bar and in words. */
export function ProgressLine(props: {
  label: string;
  /** Beside the label, e.g. `3 MiB of 8 MiB`. */
  words: string;
  part: number;
  whole: number;
}) {
  const { label, words, part, whole } = props;
  const id = useId();
  const percent = whole === 0 ? 100 : Math.floor((part / whole) * 100);
  return (
    <div>
      <div style={{ display: 'flex', gap: 'var(--bui-space-2)' }}>
        <span id={id} style={{ flex: 1, overflowWrap: 'anywhere' }}>
          <Text>{label}</Text>
        </span>
        <Text color="secondary">
          {words} ({percent} %)
        </Text>
      </div>
      <progress
        aria-labelledby={id}
        max={100}
        value={percent}
        style={{ accentColor: 'var(--bui-accent-bg)', width: '100%' }}
      />
    </div>
  );
}
