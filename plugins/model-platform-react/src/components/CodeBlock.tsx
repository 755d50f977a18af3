import { Box, Flex } from '@backstage/ui';
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
    <Flex gap="0" bg="neutral" style={{ borderRadius: 'var(--bui-radius-2)' }}>
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
          flex: 1,
          margin: 0,
          maxHeight,
          minWidth: 0,
          overflow: 'auto',
          padding: 'var(--bui-space-3)',
        }}
      >
        {text}
      </pre>
      {/* Beside the lines, so that it covers the end of none. */}
      <Box style={{ padding: 4 }}>
        <CopyButton text={text} label={`Copy: ${label}`} />
      </Box>
    </Flex>
  );
}
