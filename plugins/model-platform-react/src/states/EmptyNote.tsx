import { ReactNode } from 'react';
import { Flex, Text } from '@backstage/ui';

interface EmptyNoteProps {
  title: string;
  /** What this is, and the one command or button that fills it. */
  children?: ReactNode;
}

/** Nothing there yet. @public */
export function EmptyNote({ title, children }: EmptyNoteProps) {
  return (
    <Flex direction="column" gap="3" py="5" align="stretch">
      <Text as="h3" variant="title-x-small" weight="bold">
        {title}
      </Text>
      {children}
    </Flex>
  );
}
