import { useState } from 'react';
import { Button, Flex, Select, Text } from '@backstage/ui';
import {
  LoadState,
  nameOfRef,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { PlainTable } from '../shared/PlainTable';
import { UrlState } from '../shared/useUrlState';
import { historyKinds, historyText } from './historyWords';

const PAGE_SIZE = 50;
const ALL = '';

/** Who did what, when, why, from where; by person and kind. */
export function ModelHistory(props: { slug: string; url: UrlState }) {
  const { slug, url } = props;
  const [limit, setLimit] = useState(PAGE_SIZE);
  const actor = url.get('who');
  const kind = url.get('what');
  const people = useLoaded(`people of ${slug}`, (api, signal) =>
    api.getHistory(slug, { limit: 200 }, { signal }),
  );
  const history = useLoaded(
    `history of ${slug} ${actor} ${kind} ${limit}`,
    (api, signal) =>
      loadPages(limit, page =>
        api.getHistory(
          slug,
          {
            ...page,
            limit: PAGE_SIZE,
            actor,
            actions: kind ? [kind] : undefined,
          },
          { signal },
        ),
      ),
    { on: ['models'], keep: true },
  );
  const actors = new Set([
    ...(actor === undefined ? [] : [actor]),
    ...(people.data?.items ?? []).map(entry => entry.actor),
  ]);
  return (
    <Section title="History" hint="Nothing of it is ever changed">
      <Flex direction="column" gap="3">
        <Flex align="end" gap="3">
          <Select
            label="Person"
            options={[
              { id: ALL, label: 'Everybody' },
              ...[...actors].sort().map(id => ({ id, label: nameOfRef(id) })),
            ]}
            selectedKey={actor ?? ALL}
            onSelectionChange={one => url.set({ who: String(one) })}
          />
          <Select
            label="Kind"
            options={[
              { id: ALL, label: 'Everything' },
              ...historyKinds.map(({ action, title }) => ({
                id: action,
                label: title,
              })),
            ]}
            selectedKey={kind ?? ALL}
            onSelectionChange={one => url.set({ what: String(one) })}
          />
          {(actor !== undefined || kind !== undefined) && (
            <Button
              variant="tertiary"
              onPress={() => url.set({ who: undefined, what: undefined })}
            >
              Clear all
            </Button>
          )}
        </Flex>
        <LoadState loaded={history} what={`the history of ${slug}`}>
          {({ items, hasMore }) =>
            items.length === 0 ? (
              <Text as="p">Nothing of this kind happened.</Text>
            ) : (
              <>
                <PlainTable
                  caption="History of the model"
                  head={['What', 'Who', 'When', 'Why', 'From where']}
                  rows={items.map(entry => ({
                    key: entry.id,
                    cells: [
                      historyText(entry),
                      nameOfRef(entry.actor),
                      <TimeAgo key="at" at={entry.at} />,
                      entry.reason ?? '–',
                      entry.client ?? '–',
                    ],
                  }))}
                />
                {hasMore && (
                  <div>
                    <Button
                      variant="secondary"
                      onPress={() => setLimit(limit + PAGE_SIZE)}
                    >
                      Show more
                    </Button>
                  </div>
                )}
              </>
            )
          }
        </LoadState>
      </Flex>
    </Section>
  );
}
