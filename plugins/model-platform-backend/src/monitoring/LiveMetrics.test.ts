import { once } from 'node:events';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { ConfigReader } from '@backstage/config';
import {
  DeploymentDriver,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { LiveMetrics } from './LiveMetrics';

const EXPOSED = `model_runner_solves_total{status="optimal"} 4
# TYPE offers_total counter
offers_total{kind="small",model="iris",version="1",system="s",environment="e",endpoint="iris",variant="main",revision="2"} 12
kept_total{model="another"} 3
size_bucket{le="1"} 1
size_sum 7.5
size_count 2
model_runner_requests_total{code="200"} 9
model_runner_predict_duration_seconds_sum 9
process_cpu_seconds_total 1
odd NaN
`;

describe('LiveMetrics', () => {
  const server = createServer((request, response) => {
    response.statusCode = request.headers['x-secret'] === 'right' ? 200 : 401;
    response.end(EXPOSED);
  });

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it("reads what a model's runners count beyond what is collected of all, and names those that do not answer", async () => {
    const { port } = server.address() as AddressInfo;
    const target = (id: string, model: string, secret = 'right') => ({
      id,
      kind: 'runner' as const,
      url: `http://127.0.0.1:${port}/metrics`,
      headers: { 'x-secret': secret },
      labels: { model, endpoint: 'iris', variant: 'main', version: '1' },
    });
    const targets: ScrapeTarget[] = [
      target('local/one', 'iris'),
      target('local/refuses', 'iris', 'wrong'),
      target('local/other', 'another'),
      { ...target('local/gateway', 'iris'), kind: 'gateway' },
    ];
    const live = new LiveMetrics({
      drivers: () =>
        [
          { name: 'local', scrapeTargets: async () => targets },
          {
            name: 'away',
            async scrapeTargets() {
              throw new Error('Out of reach');
            },
          },
        ] as DeploymentDriver[],
      catalogue: MetricCatalogue.fromConfig(
        new ConfigReader({
          modelPlatform: {
            metricCatalogue: [
              { name: 'kept_total', type: 'counter', description: 'Kept' },
            ],
          },
        }),
      ),
    });
    const found = await live.of({ slug: 'iris' });
    const whose = {
      runner: 'local/one',
      endpoint: 'iris',
      variant: 'main',
      version: '1',
    };
    expect(found).toEqual({
      readAt: expect.any(String),
      runners: 2,
      unread: ['away', 'local/refuses'],
      series: [
        {
          ...whose,
          metric: 'offers_total',
          labels: { kind: 'small' },
          value: 12,
          isCollected: false,
        },
        {
          ...whose,
          metric: 'kept_total',
          labels: {},
          value: 3,
          isCollected: true,
        },
        {
          ...whose,
          metric: 'size_sum',
          labels: {},
          value: 7.5,
          isCollected: false,
        },
        {
          ...whose,
          metric: 'size_count',
          labels: {},
          value: 2,
          isCollected: false,
        },
        {
          ...whose,
          metric: 'model_runner_solves_total',
          labels: { status: 'optimal' },
          value: 4,
          isCollected: false,
        },
      ],
    });
  });
});
