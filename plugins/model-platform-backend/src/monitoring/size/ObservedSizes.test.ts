import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { MetricCatalogue } from '../../registry/metadata/MetricCatalogue';
import { DatabaseMetricsStore } from '../DatabaseMetricsStore';
import { parsePrometheusText } from '../parsePrometheusText';
import { selectSamples } from '../selectSamples';
import { ObservedSizes } from './ObservedSizes';

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const MIB = 2 ** 20;
const SPAN_MS = 300_000;

jest.setTimeout(60_000);

describe.each(databases.eachSupportedId())(
  'sizes that are observed in %s',
  id => {
    it('are of each variant by itself, of what its runners say of their processes', async () => {
      const knex = await databases.init(id);
      await knex.migrate.latest({
        directory: join(__dirname, '../../../migrations'),
      });
      const store = DatabaseMetricsStore.create({ knex });
      const now = new Date();
      /** As a runner of either runtime exposes it; the labels are the driver's. */
      const scrape = async (
        variant: string,
        version: number,
        at: Date,
        text: string,
      ) => {
        const labels = {
          ...{ system: 'plants', model: 'iris', endpoint: 'iris' },
          ...{ variant, version: String(version), revision: '1' },
        };
        const target = `local/iris-${variant}-${version}`;
        await store.write({
          target,
          at,
          samples: selectSamples(
            parsePrometheusText(text).samples,
            { id: target, kind: 'runner', url: '', labels },
            new MetricCatalogue([]),
          ),
        });
      };
      const exposed = (memoryMib: number, cpuSeconds: number, calls: number) =>
        `process_resident_memory_bytes ${memoryMib * MIB}
process_cpu_seconds_total ${cpuSeconds}
process_open_fds 20
model_runner_requests_total{code="200"} ${calls}
`;
      // Three hours: 30 seconds of work in each span with calls, one of 150.
      let cpuSeconds = 0;
      for (let span = 0; span < 36; span += 1) {
        cpuSeconds += span === 20 ? 150 : 30;
        await scrape(
          'main',
          2,
          new Date(now.getTime() - (36 - span) * SPAN_MS),
          exposed(span === 20 ? 300 : 100, cpuSeconds, (span + 1) * 10),
        );
      }
      // An earlier version took more, and a neighbour is new.
      await scrape(
        'main',
        1,
        new Date(now.getTime() - SPAN_MS),
        exposed(900, 9, 9),
      );
      await scrape(
        'other',
        2,
        new Date(now.getTime() - SPAN_MS),
        exposed(50, 1, 3),
      );

      const sizes = await new ObservedSizes(store, () => now).of('iris', [
        {
          ...{ name: 'main', version: 2, runners: 1 },
          asked: { cpu: '1', memory: '1Gi', gpu: 1 },
        },
        { name: 'other', version: 2, asked: {}, runners: 1 },
        { name: 'silent', version: 1, asked: {}, runners: 1 },
      ]);
      expect(sizes).toEqual([
        {
          ...{ variant: 'main', version: 2 },
          asked: { cpu: '1', memory: '1Gi' },
          observed: {
            seconds: 3 * 3_600,
            calls: 360,
            memoryPeakBytes: 300 * MIB,
            cpuP95Cores: 0.1,
          },
          proposed: { cpu: '100m', memory: '416Mi' },
        },
        {
          ...{ variant: 'other', version: 2, asked: {} },
          observed: expect.objectContaining({ seconds: 300, calls: 3 }),
          missing: 'a size is proposed after 1 h of observation and 100 calls',
        },
        {
          ...{ variant: 'silent', version: 1, asked: {} },
          observed: { seconds: 0, calls: 0 },
          missing: expect.any(String),
        },
      ]);
      // Of a runner that only forwards, nothing that it takes is the model's.
      expect(
        await new ObservedSizes(store, () => now).of('iris', [
          {
            ...{ name: 'main', version: 2, runners: 1, isForwarded: true },
            asked: { cpu: '4', memory: '2Gi' },
          },
        ]),
      ).toEqual([
        {
          ...{ variant: 'main', version: 2 },
          asked: { cpu: '4', memory: '2Gi' },
          observed: { seconds: 3 * 3_600, calls: 360 },
          missing: expect.stringContaining('not seen by the platform'),
        },
      ]);
      // Three runners share what is counted.
      const [shared] = await new ObservedSizes(store, () => now).of('iris', [
        { name: 'main', version: 2, asked: {}, runners: 3 },
      ]);
      expect(shared.observed.cpuP95Cores).toBeCloseTo(0.1 / 3);
    });
  },
);
