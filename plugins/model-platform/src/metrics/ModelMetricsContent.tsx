import { Alert, Flex, Grid, Text } from '@backstage/ui';
import { useEntity } from '@backstage/plugin-catalog-react';
import {
  FigureCard,
  formatCount,
  formatRatio,
  formatSeconds,
  LoadingRows,
  LoadState,
  TimeAgo,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { RangePicker } from '../shared/RangePicker';
import { METRIC_RANGES, rangeOf, RANGES } from '../shared/ranges';
import { useUrlState } from '../shared/useUrlState';
import { BusinessMetrics } from './BusinessMetrics';
import { CallsByPart } from './CallsByPart';
import { LiveMetrics } from './LiveMetrics';
import { ShadowComparison } from './ShadowComparison';
import { TechnicalCharts } from './TechnicalCharts';

/** Figures move while one looks; the collector itself reads every few seconds. */
const EVERY_MS = 15_000;

/** How a model is used and how it answers, over time. */
export function ModelMetricsContent() {
  const slug = useEntity().entity.metadata.name;
  const url = useUrlState();
  const range = rangeOf(url.get('range'), METRIC_RANGES, '24h');
  const period = RANGES[range].before;
  const isImage = useModel(slug).data?.current?.flavor === 'image';
  const metrics = useLoaded(
    `metrics of ${slug} ${range}`,
    (api, signal) => api.getModelMetrics(slug, { range }, { signal }),
    { everyMs: EVERY_MS, keep: true },
  );
  return (
    <Flex direction="column" gap="4">
      <Flex align="center" justify="between" gap="3">
        <RangePicker
          offered={METRIC_RANGES}
          value={range}
          onChange={next => url.set({ range: next })}
        />
        {metrics.data?.collectedAt && (
          <Text variant="body-small" color="secondary">
            Counted <TimeAgo at={metrics.data.collectedAt} />
          </Text>
        )}
      </Flex>
      <LoadState
        loaded={metrics}
        what="the metrics"
        loading={<LoadingRows rows={6} height={80} label="Loading metrics" />}
      >
        {data => (
          <>
            {!data.collectedAt && (
              <Alert
                status="warning"
                icon
                role="status"
                title="Nothing was collected yet"
                description="The collector has not reached a gateway or runner so far. Calls are served all the same, and are counted once it does."
              />
            )}
            <Grid.Root columns={{ initial: '1', sm: '2', md: '4' }} gap="4">
              <FigureCard
                title="Calls"
                figure={data.calls}
                format={formatCount}
                period={period}
              />
              <FigureCard
                title="Errors"
                figure={data.errors}
                format={formatCount}
                better="lower"
                period={period}
                beside={`${formatRatio(data.errorRatio.value)} of the calls`}
              />
              <FigureCard
                title="Latency, p50"
                figure={data.latencyP50Seconds}
                format={formatSeconds}
                better="lower"
                period={period}
              />
              <FigureCard
                title="Latency, p95"
                figure={data.latencyP95Seconds}
                format={formatSeconds}
                better="lower"
                period={period}
              />
            </Grid.Root>
            <TechnicalCharts metrics={data} />
            <BusinessMetrics metrics={data} period={period} isImage={isImage} />
            {!isImage && <LiveMetrics slug={slug} />}
            <CallsByPart metrics={data} />
            <ShadowComparison metrics={data} />
          </>
        )}
      </LoadState>
    </Flex>
  );
}
