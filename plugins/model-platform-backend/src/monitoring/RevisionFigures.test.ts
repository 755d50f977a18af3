import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { DatabaseMetricsStore } from './DatabaseMetricsStore';
import { RevisionFigures } from './RevisionFigures';

const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
const OWN = 'flowers_told_total';

describe('RevisionFigures', () => {
  it('tell a counter of a model by the calls that were counted with it, whatever is read meanwhile', async () => {
    const knex = await databases.init('SQLITE_3');
    await knex.migrate.latest({
      directory: join(__dirname, '../../migrations'),
    });
    const store = DatabaseMetricsStore.create({ knex });
    const start = new Date();
    const labels = {
      ...{ system: 'plants', environment: 'local', endpoint: 'iris' },
      ...{ variant: 'main', revision: '2' },
    };
    const scrape = async (target: string, value: number, ...names: string[]) =>
      await store.write({
        target,
        at: new Date(),
        samples: names.map(metric => ({
          ...{ metric, labels, value },
          kind: 'counter' as const,
        })),
      });
    const ofRunner = async (value: number) =>
      await scrape('runner', value, OWN, 'model_runner_requests_total');
    await scrape('gateway', 60, 'model_gateway_requests_total');
    await ofRunner(10);
    let isRead = false;
    const busy: MetricsStore = Object.create(store, {
      instant: {
        value: async (query: Parameters<MetricsStore['instant']>[0]) => {
          const found = await store.instant(query);
          if (query.metric === OWN && !isRead) {
            isRead = true;
            await ofRunner(50);
          }
          return found;
        },
      },
    });
    const figures = new RevisionFigures({
      store: busy,
      catalogue: new MetricCatalogue([
        { name: OWN, type: 'counter', description: 'Told', better: 'higher' },
      ]),
    });
    expect(
      await figures.read({
        ...{ endpoint: 'iris', environment: 'local', revisions: [1, 2] },
        metric: { metric: OWN },
        start,
        end: new Date(Date.now() + 60_000),
      }),
    ).toEqual(new Map([[2, { calls: 50, value: 1 }]]));
  });
});
