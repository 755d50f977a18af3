import { Flex, Link, Text } from '@backstage/ui';
import { formatCount } from '@model-platform/plugin-model-platform-react';
import { chartColors } from './chartColors';

interface BarListProps {
  /** What is counted. */
  title: string;
  items: Array<{ key: string; label?: string; count: number; href?: string }>;
  emptyText?: string;
}

/** Counts by name as bars, with the figure beside each. */
export function BarList({ title, items, emptyText }: BarListProps) {
  const top = Math.max(...items.map(item => item.count), 1);
  return (
    <Flex direction="column" gap="2">
      <Text as="h3" variant="body-medium" weight="bold">
        {title}
      </Text>
      {items.length === 0 && (
        <Text as="p" color="secondary">
          {emptyText ?? 'None.'}
        </Text>
      )}
      <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
        {items.map(item => (
          <li key={item.key} style={{ marginBottom: 'var(--bui-space-2)' }}>
            <Flex justify="between" gap="3">
              {item.href ? (
                <Link href={item.href} variant="body-small" standalone>
                  {item.label ?? item.key}
                </Link>
              ) : (
                <Text variant="body-small">{item.label ?? item.key}</Text>
              )}
              <Text variant="body-small">{formatCount(item.count)}</Text>
            </Flex>
            <div
              style={{
                height: 6,
                borderRadius: 3,
                width: `${(item.count / top) * 100}%`,
                background: chartColors[0],
              }}
            />
          </li>
        ))}
      </ul>
    </Flex>
  );
}
