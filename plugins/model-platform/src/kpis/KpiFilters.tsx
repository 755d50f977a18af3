import { Button, Flex, Select } from '@backstage/ui';
import {
  nameOfRef,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { UrlState } from '../shared/useUrlState';

const KEYS = [
  { key: 'system', title: 'System' },
  { key: 'theme', title: 'Theme' },
  { key: 'owner', title: 'Owner' },
] as const;

const ALL = '';

/** Narrows the figures; without its values the page still works. */
export function KpiFilters(props: { url: UrlState }) {
  const { url } = props;
  const models = useLoaded('kpi filters', (api, signal) =>
    api.listModels(
      { limit: 1, facets: KEYS.map(({ key }) => key) },
      { signal },
    ),
  );
  const isFiltered = KEYS.some(({ key }) => url.get(key) !== undefined);
  return (
    <Flex align="end" gap="3">
      {KEYS.map(({ key, title }) => {
        const chosen = url.get(key);
        const values = (models.data?.facets?.[key] ?? []).map(
          ({ value }) => value,
        );
        if (chosen !== undefined && !values.includes(chosen)) {
          values.unshift(chosen);
        }
        return (
          <Select
            key={key}
            label={title}
            options={[
              { id: ALL, label: 'All' },
              ...values.map(value => ({ id: value, label: nameOfRef(value) })),
            ]}
            selectedKey={chosen ?? ALL}
            onSelectionChange={selected =>
              url.set({
                [key]: selected === ALL ? undefined : String(selected),
              })
            }
          />
        );
      })}
      {isFiltered && (
        <Button
          variant="tertiary"
          onPress={() =>
            url.set({ system: undefined, theme: undefined, owner: undefined })
          }
        >
          Clear all
        </Button>
      )}
    </Flex>
  );
}
