import { Flex, Text } from '@backstage/ui';
import {
  Deployment,
  describeSize,
} from '@model-platform/plugin-model-platform-common';
import { Facts, useLoaded } from '@model-platform/plugin-model-platform-react';

/** What runners are given, what they take, and what would do. */
export function SizeFacts({ deployment }: { deployment: Deployment }) {
  const { name, revision } = deployment;
  const sizes = useLoaded(
    `sizes of ${name} ${revision?.number ?? ''}`,
    (api, signal) => api.getSizes(name, { signal }),
    { on: ['deployments'] },
  );
  // Where figures cannot be had just now, the rest of the deployment stands.
  if (!sizes.data || sizes.data.items.length === 0) return null;
  return (
    <Flex direction="column" gap="2">
      <Text as="h4" weight="bold">
        Size of one runner
      </Text>
      {sizes.data.items.map(size => {
        const words = describeSize(size);
        return (
          <Facts
            key={`${size.variant} ${size.version}`}
            facts={[
              { name: 'Variant', value: `${size.variant} v${size.version}` },
              { name: 'Asked for', value: words.asked },
              { name: 'Takes', value: words.observed },
              { name: 'Proposed', value: words.proposed },
            ]}
          />
        );
      })}
    </Flex>
  );
}
