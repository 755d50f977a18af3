import { useLocation } from 'react-router-dom';
import { Flex, Grid, Link, Text } from '@backstage/ui';
import { KpiOverview } from '@model-platform/plugin-model-platform-common';
import {
  FigureCard,
  formatCount,
  formatCounted,
  formatRatio,
  formatSeconds,
  nameOfRef,
  Section,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { BarList, TimeChart } from '../charts';
import { KpiRange, RANGES } from '../shared/ranges';
import { useModelHref } from '../shared/useModelHref';
import { Attention } from './Attention';
import { BusinessMetric } from './BusinessMetric';
import { KpiModelsTable } from './KpiModelsTable';
import { Show } from './shownModels';

/** The figures, from the whole to the single model. */
export function KpiReport(props: {
  kpis: KpiOverview;
  range: KpiRange;
  show: Show;
  isStale: boolean;
}) {
  const { kpis, range, show, isStale } = props;
  const { search } = useLocation();
  const modelHref = useModelHref();
  const before = RANGES[range].before;
  const behind = (which: Show) => {
    const params = new URLSearchParams(search);
    params.set('show', which);
    return `?${params}#models`;
  };
  const modelsWith = (key: string, value: string) => {
    const params = new URLSearchParams();
    for (const [name, chosen] of Object.entries(kpis.filter)) {
      if (chosen) params.set(name, chosen);
    }
    params.set(key, value);
    return `/model-platform/models?${params}`;
  };
  return (
    <Flex
      direction="column"
      gap="4"
      aria-busy={isStale}
      style={{ opacity: isStale ? 0.6 : 1 }}
    >
      <Grid.Root columns={{ initial: '1', sm: '2', lg: '4' }} gap="4">
        <FigureCard
          title="Models in use"
          figure={kpis.modelsInUse}
          format={formatCount}
          beside={
            <>
              of{' '}
              <Link href={behind('all')} variant="body-small">
                {formatCount(kpis.modelsPublished.value)} published
              </Link>
            </>
          }
          better="higher"
          period={before}
          href={behind('used')}
        />
        <FigureCard
          title={`Calls in ${RANGES[range].title}`}
          figure={kpis.calls}
          format={formatCount}
          period={before}
          href={behind('used')}
        />
        <FigureCard
          title="Calls that failed"
          figure={kpis.errorRatio}
          format={formatRatio}
          better="lower"
          period={before}
          href={behind('failing')}
        />
        <FigureCard
          title="Answered within (95 % of calls)"
          figure={kpis.latencyP95Seconds}
          format={formatSeconds}
          better="lower"
          period={before}
          href={behind('used')}
        />
      </Grid.Root>
      <Grid.Root columns={{ initial: '1', lg: '3' }} gap="4">
        <Grid.Item colSpan={{ initial: '1', lg: '2' }}>
          <Section title="Calls over time">
            <TimeChart
              title="Calls by theme"
              kind="stacked"
              range={kpis.range}
              series={kpis.callsByTheme.map(({ theme, points }) => ({
                name: theme,
                points,
              }))}
              emptyText="No model was called in this time."
            />
          </Section>
        </Grid.Item>
        <Section title="Needs attention">
          <Attention items={kpis.attention} />
        </Section>
      </Grid.Root>
      <Grid.Root columns={{ initial: '1', md: '3' }} gap="4">
        <Section title="Models">
          <Flex direction="column" gap="4">
            <BarList
              title="By theme"
              items={kpis.modelsByTheme.map(item => ({
                ...item,
                href: modelsWith('theme', item.key),
              }))}
            />
            <BarList
              title="By type"
              items={kpis.modelsByType.map(item => ({
                ...item,
                href: modelsWith('type', item.key),
              }))}
            />
          </Flex>
        </Section>
        <Section title="Owners">
          <BarList
            title="Models by owner"
            items={kpis.modelsByOwner.map(item => ({
              ...item,
              label: nameOfRef(item.key),
              href: modelsWith('owner', item.key),
            }))}
          />
        </Section>
        <Section
          title="Published"
          hint={`${formatCounted(kpis.versionsPublished.value, 'version')} in ${
            RANGES[range].title
          }, ${formatCount(kpis.versionsPublished.previous)} in ${before}`}
        >
          {kpis.lastUpdates.length === 0 ? (
            <Text as="p" color="secondary">
              Nothing has been published yet.
            </Text>
          ) : (
            <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
              {kpis.lastUpdates.map(update => (
                <li key={`${update.slug} ${update.version}`}>
                  <Text>
                    <Link
                      href={`${modelHref(update.slug, 'versions')}?version=${
                        update.version
                      }`}
                    >
                      {update.name} v{update.version}
                    </Link>{' '}
                    <Text variant="body-small" color="secondary">
                      <TimeAgo at={update.at} /> by{' '}
                      {nameOfRef(update.publisher)}
                    </Text>
                  </Text>
                </li>
              ))}
            </ul>
          )}
        </Section>
      </Grid.Root>
      {kpis.businessMetrics.length > 0 && (
        <Grid.Root columns={{ initial: '1', md: '2' }} gap="4">
          {kpis.businessMetrics.map(metric => (
            <BusinessMetric
              key={metric.name}
              metric={metric}
              range={kpis.range}
              period={before}
            />
          ))}
        </Grid.Root>
      )}
      <div id="models">
        <KpiModelsTable kpis={kpis} show={show} />
      </div>
    </Flex>
  );
}
