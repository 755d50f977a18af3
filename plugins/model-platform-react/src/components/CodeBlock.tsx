import { Box } from '@backstage/ui';
import { CopyButton } from './CopyButton';

/** Lines to take along: a command, a snippet, an answer. @public */
export function CodeBlock(props: {
  text: string;
  /** What it is, for those who hear the page. */
  label: string;
  maxHeight?: number;
}) {
  const { text, label, maxHeight } = props;
  return (
    <Box
      position="relative"
      bg="neutral"
      style={{ borderRadius: 'var(--bui-radius-2)' }}
    >
      <pre
        aria-label={label}
        // Long lines scroll; who has no pointer reaches them by keyboard.
        tabIndex={0}
        role="region"
        style={{
          fontFamily: 'var(--bui-font-monospace)',
          fontSize: 'var(--bui-font-size-2)',
          color: 'var(--bui-fg-primary)',
          lineHeight: 1.5,
          margin: 0,
          maxHeight,
          overflow: 'auto',
          padding:
            'var(--bui-space-3) var(--bui-space-9) var(--bui-space-3) var(--bui-space-3)',
        }}
      >
        {text}
      </pre>
      <Box position="absolute" style={{ right: 4, top: 4 }}>
        <CopyButton text={text} label={`Copy: ${label}`} />
      </Box>
    </Box>
  );
}
