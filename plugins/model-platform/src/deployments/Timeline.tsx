import { Key, ReactNode, useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import { Page } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  ModelPlatformApi,
  nameOfRef,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { reasonText } from './reasonText';

const PAGE_SIZE = 10;

/** Something that was done: by whom, when and why. */
export interface TimelineEntry {
  key: Key;
  what: ReactNode;
  at: string;
  actor: string;
  reason?: string;
  /** What can be done about it. */
  action?: ReactNode;
}

/** What was done, newest first, ten at a time, as it comes. */
export function Timeline<T>(props: {
  title: string;
  /** In words, after “Cannot show …”. */
  what: string;
  /** Changes with what must be shown at once. */
  version: string;
  load: (
    api: ModelPlatformApi,
    page: { cursor?: string; limit: number },
    signal: AbortSignal,
  ) => Promise<Page<T>>;
  toEntry: (item: T) => TimelineEntry;
}) {
  const { title, what, version, load, toEntry } = props;
  const [limit, setLimit] = useState(PAGE_SIZE);
  const loaded = useLoaded(
    `${what} ${version} ${limit}`,
    (api, signal) => loadPages(limit, page => load(api, page, signal)),
    { on: ['deployments'], everyMs: 15_000, keep: true },
  );
  return (
    <div>
      <Text as="h3" variant="body-medium" weight="bold">
        {title}
      </Text>
      <LoadState loaded={loaded} what={what}>
        {({ items, hasMore }) => (
          <Flex direction="column" gap="2" align="start">
            <ol
              aria-label={what.charAt(0).toUpperCase() + what.slice(1)}
              style={{
                listStyle: 'none',
                margin: 0,
                padding: 0,
                width: '100%',
              }}
            >
              {items.map(toEntry).map(entry => (
                <li
                  key={entry.key}
                  style={{
                    borderLeft: '2px solid var(--bui-border-2)',
                    padding: 'var(--bui-space-1) var(--bui-space-3)',
                  }}
                >
                  <Flex align="center" justify="between" gap="3">
                    <div>
                      {entry.what}
                      <Text as="div" variant="body-small" color="secondary">
                        <TimeAgo at={entry.at} /> by {nameOfRef(entry.actor)}
                        {reasonText(entry)}
                      </Text>
                    </div>
                    {entry.action}
                  </Flex>
                </li>
              ))}
            </ol>
            {hasMore && (
              <Button
                size="small"
                variant="tertiary"
                onPress={() => setLimit(limit + PAGE_SIZE)}
              >
                Show more
              </Button>
            )}
          </Flex>
        )}
      </LoadState>
    </div>
  );
}
