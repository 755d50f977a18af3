import { ReactNode } from 'react';
import { Container, Flex } from '@backstage/ui';

/** The space under a page's header. */
export function PageBody(props: { children: ReactNode }) {
  return (
    <main>
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          {props.children}
        </Flex>
      </Container>
    </main>
  );
}
