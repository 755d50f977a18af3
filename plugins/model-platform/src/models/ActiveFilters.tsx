import { Button, Flex, Tag, TagGroup } from '@backstage/ui';
import { UrlState } from '../shared/useUrlState';
import {
  facetValueText,
  MODEL_FACETS,
  ModelFilters,
  withoutFilters,
} from './modelFilters';

/** What the list is narrowed by; each can be taken away, or all at once. */
export function ActiveFilters(props: {
  q: string;
  filters: ModelFilters;
  onChange: UrlState['set'];
}) {
  const { q, filters, onChange } = props;
  const tags = MODEL_FACETS.flatMap(({ key, title }) =>
    (filters[key] ?? []).map(value => ({
      id: `${key}=${value}`,
      text: `${title}: ${facetValueText(key, value)}`,
      without: {
        [key]: (filters[key] ?? []).filter(other => other !== value),
      },
    })),
  );
  if (q) {
    tags.unshift({ id: 'q', text: `Search: ${q}`, without: { q: [] } });
  }
  if (tags.length === 0) return null;
  return (
    <Flex align="center" gap="2">
      <TagGroup
        aria-label="Active filters"
        items={tags}
        onRemove={keys => {
          for (const { id, without } of tags) {
            if (keys.has(id)) onChange(without);
          }
        }}
      >
        {tag => (
          <Tag id={tag.id} textValue={tag.text}>
            {tag.text}
          </Tag>
        )}
      </TagGroup>
      <Button
        size="small"
        variant="tertiary"
        onPress={() => onChange(withoutFilters())}
      >
        Clear all
      </Button>
    </Flex>
  );
}
