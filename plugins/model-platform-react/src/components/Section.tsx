import { ReactNode, useId } from 'react';
import { Card, CardBody, CardHeader, Flex, Text } from '@backstage/ui';

/** A card with a heading of its own. @public */
export function Section(props: {
  title: string;
  /** Beside the heading. */
  actions?: ReactNode;
  /** A line under the heading. */
  hint?: ReactNode;
  children: ReactNode;
}) {
  const { title, actions, hint, children } = props;
  const heading = useId();
  return (
    <Card role="region" aria-labelledby={heading}>
      <CardHeader>
        <Flex align="center" justify="between" gap="2">
          <Text as="h2" id={heading} variant="title-x-small" weight="bold">
            {title}
          </Text>
          {actions}
        </Flex>
        {hint && (
          <Text as="p" variant="body-small" color="secondary">
            {hint}
          </Text>
        )}
      </CardHeader>
      <CardBody>{children}</CardBody>
    </Card>
  );
}
