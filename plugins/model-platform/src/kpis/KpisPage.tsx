import { useEffect } from 'react';
import { useLocation } from 'react-router-dom';
import { Button, Flex, Grid, Skeleton, Text } from '@backstage/ui';
import { RiDownloadLine, RiPrinterLine } from '@remixicon/react';
import {
  LoadState,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { PageBody } from '../shared/PageBody';
import { RangePicker } from '../shared/RangePicker';
import { KPI_RANGES, rangeOf, RANGES } from '../shared/ranges';
import { saveFile } from '../shared/saveFile';
import { useUrlState } from '../shared/useUrlState';
import { KpiFilters } from './KpiFilters';
import { KpiReport } from './KpiReport';
import { kpisToCsv } from './kpisToCsv';
import { PrintStyle } from './PrintStyle';
import { readShow } from './shownModels';

/** The figures that stakeholders read in a minute, print on a sheet, or take along as a table. */
export function KpisPage() {
  const url = useUrlState();
  const { hash } = useLocation();
  const range = rangeOf(url.get('range'), KPI_RANGES, '30d');
  const system = url.get('system');
  const theme = url.get('theme');
  const owner = url.get('owner');
  const query = { range, system, theme, owner };
  const kpis = useLoaded(
    `kpis ${JSON.stringify(query)}`,
    (api, signal) => api.getKpiOverview(query, { signal }),
    { on: ['models', 'deployments'], everyMs: 30_000, keep: true },
  );
  const isThere = kpis.data !== undefined;
  useEffect(() => {
    if (hash && isThere) {
      document.getElementById(hash.slice(1))?.scrollIntoView();
    }
  }, [hash, isThere, url]);

  return (
    <PageBody>
      <PrintStyle />
      <Flex align="end" justify="between" gap="3" data-print="hide">
        <Flex align="end" gap="3">
          <RangePicker
            offered={KPI_RANGES}
            value={range}
            onChange={chosen => url.set({ range: chosen })}
          />
          <KpiFilters url={url} />
        </Flex>
        <Flex gap="2">
          <Button
            variant="secondary"
            iconStart={<RiPrinterLine />}
            onPress={() => window.print()}
          >
            Print
          </Button>
          <Button
            variant="secondary"
            iconStart={<RiDownloadLine />}
            isDisabled={!kpis.data}
            onPress={() => {
              if (!kpis.data) return;
              saveFile(
                new Blob([kpisToCsv(kpis.data)], {
                  type: 'text/csv;charset=utf-8',
                }),
                `kpis-${range}-${kpis.data.range.to.slice(0, 10)}.csv`,
              );
            }}
          >
            CSV
          </Button>
        </Flex>
      </Flex>
      <LoadState
        loaded={kpis}
        what="the KPIs"
        loading={
          <Grid.Root columns={{ initial: '2', md: '4' }} gap="4">
            {[1, 2, 3, 4].map(card => (
              <Skeleton key={card} width="100%" height={110} />
            ))}
          </Grid.Root>
        }
      >
        {data => (
          <Flex direction="column" gap="4">
            <KpiReport
              kpis={data}
              range={range}
              show={readShow(url)}
              isStale={kpis.isStale}
            />
            <Text as="p" variant="body-small" color="secondary">
              The last {RANGES[range].title} of the models that you may see.
              Calls and latencies are those of the gateway, collected{' '}
              <TimeAgo at={data.collectedAt} />.
            </Text>
          </Flex>
        )}
      </LoadState>
    </PageBody>
  );
}
