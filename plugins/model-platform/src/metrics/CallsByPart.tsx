import { Grid } from '@backstage/ui';
import { ModelMetrics } from '@model-platform/plugin-model-platform-common';
import {
  formatCount,
  nameOfRef,
  Section,
} from '@model-platform/plugin-model-platform-react';
import { BarList } from '../charts';

/** Who calls, and which version answers. */
export function CallsByPart({ metrics }: { metrics: ModelMetrics }) {
  const { byVariant, byConsumer } = metrics;
  return (
    <Section title="Who calls, and what answers">
      <Grid.Root columns={{ initial: '1', md: '2' }} gap="5">
        <BarList
          title="Calls by application"
          emptyText="No calls in this time."
          items={byConsumer.map(({ consumer, calls }) => ({
            key: consumer,
            label: nameOfRef(consumer),
            count: calls,
          }))}
        />
        <BarList
          title="Calls by version"
          emptyText="No calls in this time."
          items={byVariant.map(one => ({
            key: `${one.endpoint} ${one.variant} ${one.version}`,
            label: `Version ${one.version} (${one.endpoint}, ${one.variant}${
              one.errors > 0 ? `, ${formatCount(one.errors)} errors` : ''
            })`,
            count: one.calls,
          }))}
        />
      </Grid.Root>
    </Section>
  );
}
