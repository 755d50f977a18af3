import { ReactNode } from 'react';
import { Container, Flex } from '@backstage/ui';
import { useTabPanelId } from './useTabPanelId';

/** The space under a page's header. */
export function PageBody(props: { children: ReactNode }) {
  const panelId = useTabPanelId();
  return (
    <main id={panelId}>
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          {props.children}
        </Flex>
      </Container>
    </main>
  );
}
