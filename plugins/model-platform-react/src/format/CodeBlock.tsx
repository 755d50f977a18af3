import { Box, Flex, Text } from '@backstage/ui';
import { CopyButton } from './CopyButton';

interface CodeBlockProps {
  code: string;
  /** What it is, e.g. `curl`: heading of the block and name of its region. */
  label: string;
  /** Hide the heading, where the surroundings say it already. */
  hideLabel?: boolean;
}

/** Code to copy. @public */
export function CodeBlock({ code, label, hideLabel }: CodeBlockProps) {
  return (
    <Box
      bg="neutral"
      style={{ borderRadius: 'var(--bui-radius-3)', overflow: 'hidden' }}
    >
      <Flex justify="between" align="center" px="3" pt="2">
        <Text variant="body-small" weight="bold">
          {hideLabel ? '' : label}
        </Text>
        <CopyButton text={code} label={label} />
      </Flex>
      <pre
        aria-label={label}
        role="region"
        style={{
          margin: 0,
          padding: 'var(--bui-space-2) var(--bui-space-3) var(--bui-space-3)',
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          fontFamily: 'var(--bui-font-monospace)',
          fontSize: 'var(--bui-font-size-2)',
          color: 'var(--bui-fg-primary)',
        }}
      >
        <code>{code}</code>
      </pre>
    </Box>
  );
}
