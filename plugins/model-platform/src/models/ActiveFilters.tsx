import { Button, Flex, Tag, TagGroup } from '@backstage/ui';
import { UrlState } from '../shared/useUrlState';
import {
  ARCHIVED,
  facetValueText,
  ModelFacet,
  ModelFilters,
  withoutFilters,
} from './modelFilters';

/** What the list is narrowed by; each can be taken away, or all at once. */
export function ActiveFilters(props: {
  q: string;
  isArchived: boolean;
  facets: ModelFacet[];
  filters: ModelFilters;
  onChange: UrlState['set'];
}) {
  const { q, isArchived, facets, filters, onChange } = props;
  const tags: Array<{
    id: string;
    text: string;
    without: Record<string, string[]>;
  }> = facets.flatMap(({ key, title }) =>
    (filters[key] ?? []).map(value => ({
      id: `${key}=${value}`,
      text: `${title}: ${facetValueText(key, value)}`,
      without: {
        [key]: (filters[key] ?? []).filter(other => other !== value),
      },
    })),
  );
  if (isArchived) {
    tags.unshift({
      id: ARCHIVED,
      text: 'Archived models',
      without: { [ARCHIVED]: [] },
    });
  }
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
        onPress={() => onChange(withoutFilters(facets))}
      >
        Clear all
      </Button>
    </Flex>
  );
}
