import { Grid } from '@backstage/ui';
import { ModelMetrics } from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  formatSeconds,
  Section,
} from '@model-platform/plugin-model-platform-react';
import { TimeChart } from '../charts';
import { stepWords } from './stepWords';

/** Calls, errors and latency over time. */
export function TechnicalCharts({ metrics }: { metrics: ModelMetrics }) {
  const { series, range, runnerRestarts } = metrics;
  const per = `per ${stepWords(range.stepSeconds)}`;
  return (
    <Section
      title="Service"
      hint={
        runnerRestarts > 0
          ? `Runners were restarted ${formatCount(runnerRestarts)} ${
              runnerRestarts === 1 ? 'time' : 'times'
            } in this time.`
          : 'No runner was restarted in this time.'
      }
    >
      <Grid.Root columns={{ initial: '1', md: '2' }} gap="5">
        <TimeChart
          title={`Calls ${per}`}
          series={[
            { name: 'Calls', points: series.calls },
            { name: 'Errors (5xx)', points: series.errors },
          ]}
          range={range}
          format={formatCount}
          emptyText="No calls in this time."
        />
        <TimeChart
          title="Latency at the gateway"
          series={[
            { name: 'p50', points: series.latencyP50Seconds },
            { name: 'p95', points: series.latencyP95Seconds },
          ]}
          range={range}
          format={formatSeconds}
          emptyText="No calls in this time."
        />
      </Grid.Root>
    </Section>
  );
}
