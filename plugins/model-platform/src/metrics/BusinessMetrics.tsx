import { Flex, Grid, Text } from '@backstage/ui';
import { ModelMetrics } from '@model-platform/plugin-model-platform-common';
import {
  formatAmount,
  Section,
  Trend,
} from '@model-platform/plugin-model-platform-react';
import { TimeChart } from '../charts';
import { stepWords } from './stepWords';

/** What the model's own code counts. */
export function BusinessMetrics(props: {
  metrics: ModelMetrics;
  period: string;
  /** Nobody collects what a container of its own counts. */
  isImage: boolean;
}) {
  const { metrics, period, isImage } = props;
  const { custom, range } = metrics;
  return (
    <Section
      title="Business metrics"
      hint="Counted by the model’s own code. Those of the metric catalogue can be compared between models."
    >
      {custom.length === 0 ? (
        <Text as="p" color="secondary">
          {isImage ? (
            'There are none: this model is an image, and what its container counts is not collected.'
          ) : (
            <>
              This model counts none. Declare them under <code>metrics</code> in
              model.yaml and count them in endpoint code; they appear here.
            </>
          )}
        </Text>
      ) : (
        <Grid.Root columns={{ initial: '1', md: '2' }} gap="5">
          {custom.map(metric => (
            <Flex key={metric.name} direction="column" gap="2">
              <Text as="h3" variant="body-medium" weight="bold">
                {metric.description || metric.name}
              </Text>
              <div>
                <Text variant="title-x-small" weight="bold">
                  {formatAmount(metric.total.value, metric.unit)}
                </Text>
                <Trend
                  figure={metric.total}
                  better={metric.better}
                  period={period}
                />
              </div>
              <TimeChart
                title={
                  metric.type === 'counter'
                    ? `${metric.name} per ${stepWords(range.stepSeconds)}`
                    : metric.name
                }
                series={[{ name: metric.name, points: metric.series }]}
                range={range}
                format={value => formatAmount(value, metric.unit)}
                height={140}
              />
            </Flex>
          ))}
        </Grid.Root>
      )}
    </Section>
  );
}
