import { Flex, Link, Text } from '@backstage/ui';
import {
  KpiOverview,
  TimeRange,
} from '@model-platform/plugin-model-platform-common';
import {
  formatAmount,
  Section,
  Trend,
} from '@model-platform/plugin-model-platform-react';
import { TimeChart } from '../charts';
import { useModelHref } from '../shared/useModelHref';

/** One business metric that projects share, compared between the models that count it. */
export function BusinessMetric(props: {
  metric: KpiOverview['businessMetrics'][number];
  range: TimeRange;
  period: string;
}) {
  const { metric, range, period } = props;
  const href = useModelHref();
  return (
    <Section title={metric.description} hint={metric.name}>
      <Flex direction="column" gap="3">
        {metric.models.map(({ slug, name, total }) => (
          <Flex key={slug} align="baseline" justify="between" gap="3">
            <Text>
              <Link href={href(slug, 'metrics')}>{name}</Link>{' '}
              <Text weight="bold">
                {formatAmount(total.value, metric.unit)}
              </Text>
            </Text>
            <Trend figure={total} better={metric.better} period={period} />
          </Flex>
        ))}
        <TimeChart
          title={metric.unit ? `In ${metric.unit}` : 'Over time'}
          range={range}
          series={metric.models.map(({ name, points }) => ({ name, points }))}
          format={value => formatAmount(value)}
          height={160}
        />
      </Flex>
    </Section>
  );
}
