import { useId } from 'react';
import { Flex, Text } from '@backstage/ui';
import {
  LoadState,
  nameOfRef,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PlainTable } from '../shared/PlainTable';
import { UrlState } from '../shared/useUrlState';

/** Which version each alias named at a time: the answer to *what served then*. */
export function AliasesAt(props: { slug: string; url: UrlState }) {
  const { slug, url } = props;
  const field = useId();
  const asked = url.get('at');
  const time = asked === undefined ? NaN : Date.parse(asked);
  return (
    <Section
      title="What served at"
      hint="Which version each alias named at a time, from the history"
    >
      <Flex direction="column" gap="3">
        <div>
          <label htmlFor={field}>
            <Text>Date and time</Text>
          </label>{' '}
          <input
            id={field}
            type="datetime-local"
            value={Number.isNaN(time) ? '' : toLocal(time)}
            onChange={({ target }) =>
              url.set(
                {
                  at: target.value && new Date(target.value).toISOString(),
                },
                { replace: true },
              )
            }
          />
        </div>
        {!Number.isNaN(time) && (
          <Answer slug={slug} at={new Date(time).toISOString()} />
        )}
      </Flex>
    </Section>
  );
}

function Answer(props: { slug: string; at: string }) {
  const { slug, at } = props;
  const aliases = useLoaded(
    `aliases of ${slug} at ${at}`,
    (api, signal) => api.listAliasesAt(slug, at, { signal }),
    { on: ['models'], keep: true },
  );
  return (
    <LoadState loaded={aliases} what="what served then">
      {({ items }) =>
        items.length === 0 ? (
          <Text as="p">No alias named a version then.</Text>
        ) : (
          <PlainTable
            caption="Aliases at that time"
            head={['Alias', 'Version', 'Since', 'By', 'Why']}
            rows={items.map(({ alias, version, since, actor, reason }) => ({
              key: alias,
              cells: [
                alias,
                `v${version}`,
                <TimeAgo key="since" at={since} />,
                nameOfRef(actor),
                reason ?? '–',
              ],
            }))}
          />
        )
      }
    </LoadState>
  );
}

/** As the field writes it: local, to the minute. */
function toLocal(time: number): string {
  const offsetMs = new Date(time).getTimezoneOffset() * 60_000;
  return new Date(time - offsetMs).toISOString().slice(0, 16);
}
