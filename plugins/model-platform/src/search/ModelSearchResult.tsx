import { Badge, Flex, Link, Text } from '@backstage/ui';
import { SearchDocument } from '@backstage/plugin-search-common';
import { nameOfRef } from '@model-platform/plugin-model-platform-react';

interface ModelDocument extends SearchDocument {
  type?: string;
  theme?: string;
  owner?: string;
}

/** A model among the results of a search. */
export function ModelSearchResult(props: { result?: SearchDocument }) {
  const document = props.result as ModelDocument | undefined;
  if (!document) return null;
  const { title, text, location, type, theme, owner } = document;
  return (
    <Flex direction="column" gap="1" py="3">
      <Flex gap="2" align="center">
        <Link href={location} weight="bold">
          {title}
        </Link>
        {type && <Badge>{type}</Badge>}
        {theme && <Badge>{theme}</Badge>}
      </Flex>
      <Text as="p" color="secondary">
        {text}
      </Text>
      {owner && (
        <Text variant="body-small" color="secondary">
          Owned by {nameOfRef(owner)}
        </Text>
      )}
    </Flex>
  );
}
