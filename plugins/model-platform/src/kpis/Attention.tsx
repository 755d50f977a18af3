import { Badge, Flex, Link, Text } from '@backstage/ui';
import { KpiOverview } from '@model-platform/plugin-model-platform-common';
import { ATTENTION_WORDS } from '../shared/attentionWords';
import { useModelHref } from '../shared/useModelHref';

/** Models that somebody should look at, and why. */
export function Attention(props: { items: KpiOverview['attention'] }) {
  const href = useModelHref();
  if (props.items.length === 0) {
    return (
      <Text as="p" color="secondary">
        Nothing: every model is called, owned and answers.
      </Text>
    );
  }
  return (
    <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {props.items.map(({ kind, slug, name, message }) => (
        <li
          key={`${slug} ${kind}`}
          style={{ marginBottom: 'var(--bui-space-2)' }}
        >
          <Flex align="center" gap="2">
            <Link href={href(slug)} weight="bold">
              {name}
            </Link>
            <Badge>{ATTENTION_WORDS[kind]}</Badge>
          </Flex>
          <Text as="div" variant="body-small" color="secondary">
            {message}
          </Text>
        </li>
      ))}
    </ul>
  );
}
