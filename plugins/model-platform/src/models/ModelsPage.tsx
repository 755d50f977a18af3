import { useState } from 'react';
import {
  Button,
  Flex,
  Grid,
  SearchField,
  Select,
  Switch,
  Text,
} from '@backstage/ui';
import {
  ListModelsQuery,
  ModelsPage as ModelsPageAnswer,
} from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  formatCounted,
  LoadingRows,
  LoadState,
  ModelPlatformApi,
  useDebounced,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { PageBody } from '../shared/PageBody';
import { useUrlState } from '../shared/useUrlState';
import { ActiveFilters } from './ActiveFilters';
import { FacetFilter } from './FacetFilter';
import { FieldChooser } from './FieldChooser';
import { fieldsOf } from './fieldsOf';
import {
  ARCHIVED,
  defaultSort,
  facetsOf,
  facetValueText,
  FIELD_PARAMETER,
  fieldKeyOf,
  MODEL_FACETS,
  readFilters,
  SORTS,
  withoutFilters,
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
  const sort = url.get('sort') ?? defaultSort(q);
  const isArchived = url.get(ARCHIVED) === 'true';
  const facets = facetsOf(url);
  const filters = readFilters(url, facets);
  const settledQ = useDebounced(q, TYPING_MS);
  const question = JSON.stringify([
    settledQ,
    sort,
    filters,
    isArchived,
    facets.map(({ key }) => key),
  ]);
  const [more, setMore] = useState({ question, pages: 1 });
  const pages = more.question === question ? more.pages : 1;

  const models = useLoaded(
    `models ${pages} ${question}`,
    (api, signal) =>
      loadModels(
        api,
        {
          q: settledQ || undefined,
          sort,
          filter: isArchived ? { ...filters, archived: 'true' } : filters,
          facets: facets.map(({ key }) => key),
        },
        pages * PAGE_SIZE,
        signal,
      ),
    { on: ['models', 'deployments'], keep: true },
  );
  const usage = useUsage();
  const isFiltered = q !== '' || isArchived || Object.keys(filters).length > 0;

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
              url.set({
                sort: key === defaultSort(q) ? undefined : String(key),
              })
            }
          />
        </div>
      </Flex>
      <ActiveFilters
        q={q}
        isArchived={isArchived}
        facets={facets}
        filters={filters}
        onChange={url.set}
      />
      <LoadState
        loaded={models}
        what="the models"
        loading={<LoadingRows rows={8} height={40} label="Loading models" />}
      >
        {({ items, counts, hasMore, totalItems }) =>
          items.length === 0 ? (
            <NoModels
              isFiltered={isFiltered}
              onClear={() => url.set(withoutFilters(facets))}
            />
          ) : (
            <Grid.Root columns={{ initial: '1', md: '12' }} gap="4">
              <Grid.Item colSpan={{ initial: '1', md: '3', lg: '2' }}>
                <Flex
                  direction="column"
                  gap="4"
                  role="group"
                  aria-label="Filters"
                >
                  {facets.map(({ key, title }) => (
                    <FacetFilter
                      key={key}
                      title={title}
                      textOf={value => facetValueText(key, value)}
                      values={counts[key] ?? []}
                      selected={filters[key] ?? []}
                      onChange={selected => url.set({ [key]: selected })}
                      onRemove={
                        MODEL_FACETS.some(one => one.key === key)
                          ? undefined
                          : () =>
                              url.set({
                                [key]: undefined,
                                [FIELD_PARAMETER]: url
                                  .getAll(FIELD_PARAMETER)
                                  .filter(one => one !== key),
                              })
                      }
                    />
                  ))}
                  <FieldChooser
                    known={fieldsOf(items)}
                    onChoose={field =>
                      url.set({
                        [FIELD_PARAMETER]: [
                          ...new Set([
                            ...url.getAll(FIELD_PARAMETER),
                            fieldKeyOf(field),
                          ]),
                        ],
                      })
                    }
                  />
                  <Switch
                    label="Archived models"
                    isSelected={isArchived}
                    onChange={on => url.set({ [ARCHIVED]: on ? 'true' : '' })}
                  />
                </Flex>
              </Grid.Item>
              <Grid.Item colSpan={{ initial: '1', md: '9', lg: '10' }}>
                <Flex direction="column" gap="3">
                  <Text as="p" color="secondary" role="status">
                    {countOf(items.length, totalItems)}
                  </Text>
                  <ModelsTable
                    models={items}
                    onChanged={models.reload}
                    usage={usage}
                    isStale={models.isStale}
                  />
                  {hasMore && (
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

/** With the counts of the first page, which are those of all. */
async function loadModels(
  api: ModelPlatformApi,
  query: ListModelsQuery & { facets: string[] },
  atLeast: number,
  signal: AbortSignal,
) {
  const { facets, ...rest } = query;
  let first: ModelsPageAnswer | undefined;
  const { items, hasMore } = await loadPages(atLeast, async page => {
    const answer = await api.listModels(
      {
        ...rest,
        ...page,
        limit: PAGE_SIZE,
        facets: first ? undefined : facets,
      },
      { signal },
    );
    first ??= answer;
    return answer;
  });
  return {
    items,
    hasMore,
    counts: first?.facets ?? {},
    totalItems: first?.totalItems,
  };
}
