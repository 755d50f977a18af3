import { ReactNode } from 'react';
import { Box, Flex, Text } from '@backstage/ui';

/** What all pages before the sign-in share. */
export function SignInFrame(props: { title: string; children: ReactNode }) {
  return (
    <Box
      as="main"
      p="6"
      minHeight="100vh"
      style={{ background: 'var(--bui-bg-app)', boxSizing: 'border-box' }}
    >
      <Flex
        direction="column"
        gap="4"
        style={{ margin: '8vh auto 0', maxWidth: 480 }}
      >
        <Text as="h1" variant="title-medium" weight="bold">
          {props.title}
        </Text>
        {props.children}
      </Flex>
    </Box>
  );
}
