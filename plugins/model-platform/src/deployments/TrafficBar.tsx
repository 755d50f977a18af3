import { Flex, Text } from '@backstage/ui';
import {
  describeShare,
  ResolvedVariant,
} from '@model-platform/plugin-model-platform-common';
import { chartColors } from '../charts';

/** How the traffic is shared among variants: a bar, and the same in words. */
export function TrafficBar(props: { variants: ResolvedVariant[] }) {
  const { variants } = props;
  if (variants.length === 0) {
    return <Text color="secondary">no revision yet</Text>;
  }
  return (
    <Flex direction="column" gap="1">
      {variants.length > 1 && (
        <div
          aria-hidden
          style={{
            borderRadius: 'var(--bui-radius-full)',
            display: 'flex',
            gap: 2,
            height: 8,
            overflow: 'hidden',
          }}
        >
          {variants.map((variant, index) => (
            <div
              // A canary may have the same version on both sides.
              key={index}
              style={{
                background: chartColors[index % chartColors.length],
                flexGrow: variant.weight,
              }}
            />
          ))}
        </div>
      )}
      <Text>
        {variants
          .map(
            variant =>
              `${variant.name} v${variant.version}, ${describeShare(variant)}`,
          )
          .join(' · ')}
      </Text>
    </Flex>
  );
}
