import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  KpiModelRow,
  KpiOverview,
} from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { KpisPage } from './KpisPage';
import { kpisToCsv } from './kpisToCsv';

const row = (fields: Partial<KpiModelRow>): KpiModelRow => ({
  slug: 'iris',
  name: 'iris',
  type: 'ml',
  theme: 'species-recognition',
  owner: 'group:default/botany-ml',
  system: 'plant-catalogue',
  risk: 'minimal',
  version: 3,
  lastPublishedAt: '2026-11-02T08:00:00.000Z',
  endpoints: ['iris'],
  calls: 1234,
  errorRatio: 0.01,
  latencyP95Seconds: 0.031,
  ...fields,
});

const kpis: KpiOverview = {
  range: {
    from: '2026-10-04T00:00:00.000Z',
    to: '2026-11-03T00:00:00.000Z',
    stepSeconds: 86_400,
  },
  filter: {},
  modelsPublished: { value: 2, previous: 1 },
  modelsInUse: { value: 1, previous: 1 },
  versionsPublished: { value: 1, previous: 4 },
  calls: { value: 1234, previous: 617 },
  errorRatio: { value: 0.01, previous: 0.04 },
  latencyP95Seconds: { value: 0.031, previous: undefined },
  callsByTheme: [
    {
      theme: 'species-recognition',
      points: [
        ['2026-11-01T00:00:00.000Z', 400],
        ['2026-11-02T00:00:00.000Z', 834],
      ],
    },
  ],
  modelsByTheme: [{ key: 'species-recognition', count: 2 }],
  modelsByType: [{ key: 'ml', count: 2 }],
  modelsByOwner: [{ key: 'group:default/botany-ml', count: 2 }],
  models: [
    row({}),
    row({
      slug: 'roses',
      name: '=HYPERLINK("roses")',
      version: undefined,
      endpoints: [],
      calls: 0,
      errorRatio: undefined,
      latencyP95Seconds: undefined,
    }),
  ],
  lastUpdates: [
    {
      slug: 'iris',
      name: 'iris',
      version: 3,
      at: '2026-11-02T08:00:00.000Z',
      publisher: 'token:ci (0f3c5a, made by user:default/mira)',
    },
  ],
  businessMetrics: [
    {
      name: 'suggestions_made_total',
      type: 'counter',
      description: 'Actions that a model suggested',
      better: 'higher',
      models: [
        {
          slug: 'iris',
          name: 'iris',
          total: { value: 50, previous: 100 },
          points: [],
        },
      ],
    },
  ],
  attention: [
    {
      kind: 'never-called',
      slug: 'roses',
      name: 'roses',
      message: 'It is not deployed and has never been called',
    },
  ],
  collectedAt: '2026-11-03T00:00:00.000Z',
};

const platform = () =>
  new FakePlatform()
    .when('GET kpis/overview', () => kpis)
    .when('GET models', () => ({
      items: [],
      facets: {
        system: [{ value: 'plant-catalogue', count: 2 }],
        theme: [],
        owner: [],
      },
    }));

const address = () => screen.getByTestId('address').textContent ?? '';

describe('KpisPage', () => {
  // The DOM of the tests has no layout to scroll in.
  const scrolled = jest.fn();
  beforeEach(() => {
    Element.prototype.scrollIntoView = scrolled;
  });

  it('shows each number with its comparison, and the models behind it', async () => {
    await renderOnPlatform(<KpisPage />, platform(), '/?range=30d');
    const calls = await screen.findByRole('link', {
      name: /^Calls in 30 days: 1,234/,
    });
    expect(
      screen.getByText(/100 % more than in the 30 days before/),
    ).toBeInTheDocument();
    expect(
      screen.getByText('nothing to compare with before'),
    ).toBeInTheDocument();
    expect(screen.getByText('2 published')).toBeInTheDocument();
    expect(
      screen.getByText('It is not deployed and has never been called'),
    ).toBeInTheDocument();
    expect(screen.getByText(/50 % less/)).toBeInTheDocument();
    expect(screen.getByText(/by token ci of mira/)).toBeInTheDocument();

    const behind = () =>
      within(
        screen.getByRole('region', { name: /^(All models|Models in use)/ }),
      )
        .getAllByRole('rowheader')
        .map(cell => cell.textContent);
    expect(behind()).toHaveLength(2);
    await userEvent.click(calls);
    await waitFor(() => expect(behind()).toEqual(['iris']));
    expect(scrolled).toHaveBeenCalled();
    expect(address()).toContain('show=used');
    expect(address()).toContain('range=30d');
  });

  it('asks for what its address says and writes there what is chosen', async () => {
    const asked = platform();
    await renderOnPlatform(
      <KpisPage />,
      asked,
      '/?range=90d&system=plant-catalogue',
    );
    await screen.findByRole('link', { name: /^Calls in 90 days/ });
    expect(
      Object.fromEntries(asked.callsOf('GET kpis/overview')[0].query),
    ).toEqual({ range: '90d', system: 'plant-catalogue' });

    await userEvent.click(screen.getByRole('radio', { name: '7 days' }));
    await screen.findByRole('link', { name: /^Calls in 7 days/ });
    expect(address()).toBe('/?system=plant-catalogue&range=7d');
    await userEvent.click(screen.getByRole('button', { name: 'Clear all' }));
    await waitFor(() => expect(address()).toBe('/?range=7d'));
  });

  it('tells a refusal from a failure, which can be tried again', async () => {
    const failing = platform().when('GET kpis/overview', () =>
      FakePlatform.refusal(503, 'ServiceUnavailableError', 'No database'),
    );
    await renderOnPlatform(<KpisPage />, failing);
    expect(await screen.findByRole('alert')).toHaveTextContent('No database');
    failing.when('GET kpis/overview', () =>
      FakePlatform.refusal(
        403,
        'NotAllowedError',
        'That takes model-platform.model.read; ask group:default/platform-admins',
      ),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByText(/You may not see the KPIs/),
    ).toBeInTheDocument();
    failing.when('GET kpis/overview', () => kpis);
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(
      await screen.findByRole('link', { name: /^Calls in/ }),
    ).toBeInTheDocument();
  });
});

describe('kpisToCsv', () => {
  it('writes one line a model, with nothing that a spreadsheet would run', () => {
    const [head, iris, roses, end] = kpisToCsv(kpis).split('\r\n');
    expect(head).toBe(
      'model,slug,type,theme,owner,system,risk,version,last_published_at,endpoints,from,to,calls,error_ratio,latency_p95_seconds,suggestions_made_total',
    );
    expect(iris).toBe(
      'iris,iris,ml,species-recognition,group:default/botany-ml,plant-catalogue,minimal,3,2026-11-02T08:00:00.000Z,iris,2026-10-04T00:00:00.000Z,2026-11-03T00:00:00.000Z,1234,0.01,0.031,50',
    );
    expect(roses).toMatch(/^"'=HYPERLINK\(""roses""\)",roses,/);
    expect(roses).toMatch(/,0,,,$/);
    expect(end).toBe('');
  });
});
