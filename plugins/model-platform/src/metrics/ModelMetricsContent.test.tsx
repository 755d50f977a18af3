import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { sampleMetrics, sampleModel } from '../__testUtils__/samples';
import { ModelMetricsContent } from './ModelMetricsContent';

describe('ModelMetricsContent', () => {
  it('shows the figures with units, and every chart also as a table', async () => {
    const platform = new FakePlatform().when('GET models/iris/metrics', () =>
      sampleMetrics({
        custom: [
          {
            name: 'suggestions_made_total',
            type: 'counter',
            unit: 'suggestions',
            description: 'Actions that a model suggested',
            better: 'higher',
            total: { value: 90, previous: 60 },
            series: [['2026-11-02T01:00:00.000Z', 90]],
          },
        ],
      }),
    );
    await renderOnPlatform(<ModelMetricsContent />, platform);
    // As the figure of calls, and beside the one version that answered them.
    expect(await screen.findAllByText('1,234')).toHaveLength(2);
    expect(screen.getByText('31 ms')).toBeInTheDocument();
    expect(screen.getAllByText('90 suggestions')[0]).toBeVisible();
    expect(screen.getByText('plant-guide')).toBeInTheDocument();

    await userEvent.click(
      await screen.findByRole('button', { name: 'Show table: Calls per hour' }),
    );
    const table = await screen.findByRole('table', { name: 'Calls per hour' });
    const rows = within(table).getAllByRole('row');
    expect(rows).toHaveLength(3);
    expect(within(rows[2]).getAllByRole('cell')[0]).toHaveTextContent('834');
    expect(within(rows[2]).getAllByRole('cell')[1]).toHaveTextContent('8');
  });

  it('asks nobody to count where nothing is collected: in an image', async () => {
    const { current } = sampleModel();
    const platform = new FakePlatform()
      .when('GET models/iris', () =>
        sampleModel({ current: current && { ...current, flavor: 'image' } }),
      )
      .when('GET models/iris/metrics', () => sampleMetrics());
    await renderOnPlatform(<ModelMetricsContent />, platform);
    expect(
      await screen.findByText(/what its container counts is not collected/),
    ).toBeInTheDocument();
    expect(screen.queryByText(/model\.yaml/)).not.toBeInTheDocument();
    expect(
      screen.queryByRole('region', { name: 'Live from the runners' }),
    ).not.toBeInTheDocument();
  });

  it('shows shadows beside what answers, and not among the calls', async () => {
    const metrics = sampleMetrics({
      shadows: [
        {
          endpoint: 'iris',
          variant: 'challenger',
          version: '4',
          calls: 200,
          errors: 3,
          callerErrors: 0,
          latencyP50Seconds: 0.007,
          latencyP95Seconds: 0.05,
          dropped: 17,
        },
      ],
    });
    await renderOnPlatform(
      <ModelMetricsContent />,
      new FakePlatform().when('GET models/iris/metrics', () => metrics),
    );
    const region = within(
      await screen.findByRole('region', {
        name: 'Shadows beside what answers',
      }),
    );
    const [, answering, shadow] = region.getAllByRole('row');
    expect(answering).toHaveTextContent(/main v3.*1,234.*30 ms/);
    expect(shadow).toHaveTextContent(
      /challenger v4, shadow.*200.*17 not copied.*1\.5 %.*7\.0 ms.*50 ms/,
    );
    expect(screen.queryByText(/Version 4/)).not.toBeInTheDocument();
  });

  it('asks for the range of the address, and says when nothing was collected', async () => {
    const platform = new FakePlatform().when('GET models/iris/metrics', () =>
      sampleMetrics({ collectedAt: undefined }),
    );
    await renderOnPlatform(<ModelMetricsContent />, platform, '/?range=90d');
    expect(
      await screen.findByText('Nothing was collected yet'),
    ).toBeInTheDocument();
    const ranges = () =>
      platform
        .callsOf('GET models/iris/metrics')
        .map(({ query }) => query.get('range'));
    expect(new Set(ranges())).toEqual(new Set(['90d']));

    await userEvent.click(screen.getByText('1 hour'));
    await waitFor(() => expect(ranges()).toContain('1h'));
    expect(screen.getByTestId('address')).toHaveTextContent('range=1h');
  });

  it('shows what runners count now, and says what is not stored', async () => {
    const series = {
      runner: 'local/iris--r1-main-0',
      endpoint: 'iris',
      variant: 'main',
      version: '1',
    };
    const platform = new FakePlatform()
      .when('GET models/iris/metrics', () => sampleMetrics())
      .when('GET models/iris/live-metrics', () => ({
        readAt: new Date().toISOString(),
        runners: 2,
        unread: ['local/iris--r1-main-1'],
        series: [
          {
            ...series,
            metric: 'offers_total',
            labels: { kind: 'small' },
            value: 12,
            isCollected: false,
          },
          {
            ...series,
            metric: 'suggestions_made_total',
            labels: {},
            value: 3,
            isCollected: true,
          },
        ],
      }));
    await renderOnPlatform(<ModelMetricsContent />, platform);
    const table = await screen.findByRole('table', {
      name: 'Metrics, live',
    });
    const [, own, catalogued] = within(table).getAllByRole('row');
    expect(own).toHaveTextContent('offers_total');
    expect(own).toHaveTextContent('kind=small');
    expect(own).toHaveTextContent('not stored');
    expect(catalogued).toHaveTextContent('in the catalogue');
    expect(
      screen.getByText('Did not answer this time: local/iris--r1-main-1'),
    ).toBeInTheDocument();
  });
});
