import { useState } from 'react';
import { Button, Flex, Grid, SearchField, Select, Text } from '@backstage/ui';
import { Model } from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  formatCounted,
  LoadingRows,
  LoadState,
  ModelPlatformApi,
  useDebounced,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PageBody } from '../shared/PageBody';
import { useUrlState } from '../shared/useUrlState';
import { ActiveFilters } from './ActiveFilters';
import { FacetFilter } from './FacetFilter';
import {
  facetValueText,
  MODEL_FACETS,
  ModelFilters,
  readFilters,
  SORTS,
} from './modelFilters';
import { ModelsTable } from './ModelsTable';
import { NoModels } from './NoModels';
import { useUsage } from './useUsage';

const PAGE_SIZE = 50;
const TYPING_MS = 250;

/** All models that the reader may see, to search and narrow. */
export function ModelsPage() {
  const url = useUrlState();
  const q = url.get('q') ?? '';
  const sort = url.get('sort') ?? 'name';
  const filters = readFilters(url);
  const settledQ = useDebounced(q, TYPING_MS);
  const question = JSON.stringify([settledQ, sort, filters]);
  const [more, setMore] = useState({ question, pages: 1 });
  const pages = more.question === question ? more.pages : 1;

  const models = useLoaded(
    `models ${pages} ${question}`,
    (api, signal) =>
      loadPages(api, { q: settledQ, sort, filters, pages }, signal),
    { on: ['models', 'deployments'], keep: true },
  );
  const usage = useUsage();
  const isFiltered = q !== '' || Object.keys(filters).length > 0;

  return (
    <PageBody>
      <Flex gap="3" align="center" justify="between">
        <div style={{ flex: 1, maxWidth: 560 }}>
          <SearchField
            aria-label="Search models"
            placeholder="Search by name, purpose, tag, method…"
            size="medium"
            value={q}
            onChange={value => url.set({ q: value }, { replace: true })}
          />
        </div>
        <div style={{ width: 200 }}>
          <Select
            size="medium"
            aria-label="Sort by"
            options={SORTS}
            selectedKey={sort}
            onSelectionChange={key =>
              url.set({ sort: key === 'name' ? undefined : String(key) })
            }
          />
        </div>
      </Flex>
      <ActiveFilters q={q} filters={filters} onChange={url.set} />
      <LoadState
        loaded={models}
        what="the models"
        loading={<LoadingRows rows={8} height={40} label="Loading models" />}
      >
        {({ items, facets, nextCursor, totalItems }) =>
          items.length === 0 ? (
            <NoModels isFiltered={isFiltered} onChange={url.set} />
          ) : (
            <Grid.Root columns={{ initial: '1', md: '12' }} gap="4">
              <Grid.Item colSpan={{ initial: '1', md: '3', lg: '2' }}>
                <Flex
                  direction="column"
                  gap="4"
                  role="group"
                  aria-label="Filters"
                >
                  {MODEL_FACETS.map(({ key, title }) => (
                    <FacetFilter
                      key={key}
                      title={title}
                      textOf={value => facetValueText(key, value)}
                      values={facets?.[key] ?? []}
                      selected={filters[key] ?? []}
                      onChange={selected => url.set({ [key]: selected })}
                    />
                  ))}
                </Flex>
              </Grid.Item>
              <Grid.Item colSpan={{ initial: '1', md: '9', lg: '10' }}>
                <Flex direction="column" gap="3">
                  <Text as="p" color="secondary" role="status">
                    {countOf(items.length, totalItems)}
                  </Text>
                  <ModelsTable
                    models={items}
                    usage={usage}
                    isStale={models.isStale}
                  />
                  {nextCursor && (
                    <div>
                      <Button
                        variant="secondary"
                        isPending={models.isStale}
                        onPress={() => setMore({ question, pages: pages + 1 })}
                      >
                        Show more
                      </Button>
                    </div>
                  )}
                </Flex>
              </Grid.Item>
            </Grid.Root>
          )
        }
      </LoadState>
    </PageBody>
  );
}

function countOf(shown: number, total: number | undefined): string {
  if (total === undefined || total === shown) {
    return formatCounted(shown, 'model');
  }
  return `${formatCount(shown)} of ${formatCount(total)} models`;
}

async function loadPages(
  api: ModelPlatformApi,
  query: { q: string; sort: string; filters: ModelFilters; pages: number },
  signal: AbortSignal,
) {
  const first = await api.listModels(
    {
      q: query.q || undefined,
      sort: query.sort,
      filter: query.filters,
      facets: MODEL_FACETS.map(({ key }) => key),
      limit: PAGE_SIZE,
    },
    { signal },
  );
  const items: Model[] = [...first.items];
  let { nextCursor } = first;
  for (let page = 1; page < query.pages && nextCursor; page++) {
    const next = await api.listModels(
      {
        q: query.q || undefined,
        sort: query.sort,
        filter: query.filters,
        limit: PAGE_SIZE,
        cursor: nextCursor,
      },
      { signal },
    );
    items.push(...next.items);
    nextCursor = next.nextCursor;
  }
  return {
    items,
    nextCursor,
    facets: first.facets,
    totalItems: first.totalItems,
  };
}
