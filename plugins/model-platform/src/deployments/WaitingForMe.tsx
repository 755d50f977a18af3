import { Flex, Link, Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { Section } from '@model-platform/plugin-model-platform-react';
import { useModelHref } from '../shared/useModelHref';
import { WaitingRevision } from './WaitingRevision';

/** Revisions that the reader may approve or refuse; nothing where there is none. */
export function WaitingForMe(props: {
  deployments: Deployment[];
  onDecided: () => void;
}) {
  const href = useModelHref();
  const waiting = props.deployments.filter(({ request }) => request?.mayDecide);
  if (waiting.length === 0) {
    return null;
  }
  return (
    <Section title="Waiting for my approval">
      <Flex direction="column" gap="4">
        {waiting.map(deployment => (
          <Flex key={deployment.name} direction="column" gap="2">
            <Text as="h3" weight="bold">
              <Link href={href(deployment.modelSlug, 'deployments')}>
                {deployment.name}
              </Link>{' '}
              <Text color="secondary">in {deployment.environment}</Text>
            </Text>
            <WaitingRevision
              deployment={deployment}
              onChanged={props.onDecided}
            />
          </Flex>
        ))}
      </Flex>
    </Section>
  );
}
