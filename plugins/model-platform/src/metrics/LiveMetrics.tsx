import { Text } from '@backstage/ui';
import { LiveSeries } from '@model-platform/plugin-model-platform-common';
import {
  formatAmount,
  LoadState,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PlainTable } from '../shared/PlainTable';

const EVERY_MS = 5_000;

/** What is not among the figures above, as the runners say it now. */
export function LiveMetrics({ slug }: { slug: string }) {
  const live = useLoaded(
    `live metrics of ${slug}`,
    (api, signal) => api.getLiveMetrics(slug, { signal }),
    { everyMs: EVERY_MS, keep: true },
  );
  return (
    <Section
      title="Live from the runners"
      hint="What the model’s own code counts, and how calls and solves ended, since each runner started. Read now, and stored nowhere but for metrics of the catalogue."
    >
      <LoadState loaded={live} what="what the runners count">
        {({ series, runners, unread, readAt }) => (
          <>
            {series.length > 0 ? (
              <PlainTable
                caption="Metrics, live"
                head={['Metric', 'Labels', 'Value', 'Runner', 'Kept']}
                rows={series.map(one => ({
                  key: JSON.stringify([one.runner, one.metric, one.labels]),
                  cells: [
                    one.metric,
                    labelsOf(one),
                    formatAmount(one.value),
                    runnerOf(one),
                    one.isCollected ? 'in the catalogue' : 'not stored',
                  ],
                }))}
              />
            ) : (
              <Text as="p" color="secondary">
                {runners === 0
                  ? 'No runner serves this model now.'
                  : 'Its runners have counted nothing yet.'}
              </Text>
            )}
            {unread.length > 0 && (
              <Text as="p" color="secondary">
                Did not answer this time: {unread.join(', ')}
              </Text>
            )}
            <Text as="p" variant="body-small" color="secondary">
              Read <TimeAgo at={readAt} />
            </Text>
          </>
        )}
      </LoadState>
    </Section>
  );
}

function labelsOf({ labels }: LiveSeries): string {
  return (
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ') || '–'
  );
}

function runnerOf({ endpoint, variant, version, runner }: LiveSeries): string {
  return endpoint ? `${endpoint}, ${variant}, version ${version}` : runner;
}
