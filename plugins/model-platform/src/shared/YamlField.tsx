import { CSSProperties, RefObject, useId } from 'react';
import { Flex, Text } from '@backstage/ui';

const font: CSSProperties = {
  color: 'var(--bui-fg-primary)',
  fontFamily: 'var(--bui-font-monospace)',
  fontSize: 'var(--bui-font-size-2)',
  lineHeight: 1.5,
  margin: 0,
  padding: 'var(--bui-space-2)',
};

/** A YAML text to change, with its lines numbered; those where something is wrong are marked. */
export function YamlField(props: {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
  /** Lines, from 1. */
  marked?: ReadonlySet<number>;
  isInvalid?: boolean;
  /** While what it says is asked about. */
  isReadOnly?: boolean;
  textRef?: RefObject<HTMLTextAreaElement>;
}) {
  const { label, hint, value, onChange, marked, isInvalid, textRef } = props;
  const id = useId();
  const hintId = useId();
  const lines = value.split('\n').map((_, index) => index + 1);
  return (
    <Flex direction="column" gap="2">
      <label htmlFor={id}>
        <Text>{label}</Text>
      </label>
      <Text as="p" id={hintId} variant="body-small" color="secondary">
        {hint}
      </Text>
      <div
        style={{
          // Each as high as its lines, which move together.
          alignItems: 'flex-start',
          background: 'var(--bui-bg-neutral-2)',
          border: `1px solid var(${
            isInvalid ? '--bui-fg-primary' : '--bui-border-2'
          })`,
          borderRadius: 'var(--bui-radius-2)',
          display: 'flex',
          maxHeight: '45vh',
          overflowY: 'auto',
        }}
      >
        <pre
          aria-hidden
          style={{
            ...font,
            color: 'var(--bui-fg-secondary)',
            textAlign: 'right',
            userSelect: 'none',
          }}
        >
          {lines.map(line => (
            <div
              key={line}
              style={
                marked?.has(line)
                  ? { color: 'var(--bui-fg-primary)', fontWeight: 700 }
                  : undefined
              }
            >
              {marked?.has(line) ? `● ${line}` : line}
            </div>
          ))}
        </pre>
        <textarea
          ref={textRef}
          id={id}
          aria-describedby={hintId}
          aria-invalid={isInvalid}
          readOnly={props.isReadOnly}
          value={value}
          onChange={({ target }) => onChange(target.value)}
          // One more than there are, for the bar that moves long lines.
          rows={Math.max(8, lines.length + 1)}
          spellCheck={false}
          wrap="off"
          style={{
            ...font,
            background: 'transparent',
            border: 0,
            flex: 1,
            minWidth: 0,
            overflowY: 'hidden',
            resize: 'none',
          }}
        />
      </div>
    </Flex>
  );
}
