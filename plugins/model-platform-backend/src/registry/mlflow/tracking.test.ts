import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import request from 'supertest';
import {
  draftRequest,
  fileOf,
  publisherToken,
  TestPlatform,
} from '../../__testUtils__/TestPlatform';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const narrowToken = 'configured-narrow-token-of-tests';
const api = 'mlflow/api/2.0/mlflow';
const artifacts = 'mlflow/api/2.0/mlflow-artifacts';

describe.each(databases.eachSupportedId())(
  "MLflow's tracking on %p",
  databaseId => {
    let platform: TestPlatform;

    beforeAll(async () => {
      const knex = await databases.init(databaseId);
      platform = await TestPlatform.start(
        {
          limits: { systems: [{ system: 'patient-care', bytes: 100 }] },
          publishers: [
            {
              name: 'ci',
              token: publisherToken,
              grants: [
                { actions: ['read', 'publish'], systems: ['plant-catalogue'] },
              ],
            },
            {
              name: 'narrow',
              token: narrowToken,
              grants: [
                { actions: ['read', 'publish'], systems: ['patient-care'] },
              ],
            },
          ],
        },
        [mockServices.database.factory({ knex })],
      );
    });

    afterAll(async () => {
      await platform.stop();
    });

    const post = async (route: string, body: object) =>
      (
        await platform
          .call('post', `${api}/${route}`, publisherToken)
          .send(body)
      ).body;
    const experimentOf = async (name: string, tags: object[] = []) =>
      (await post('experiments/create', { name, tags })).experiment_id;

    it('finds runs by what was logged to them, in the order asked for', async () => {
      const experiment = await experimentOf('searched');
      const runs: Record<string, string> = {};
      for (const [name, accuracy, more] of [
        ['low', [0.9, 0.1], { params: [{ key: 'depth', value: '3' }] }],
        ['high', [0.8], { tags: [{ key: 'team', value: 'Botany' }] }],
        ['broken', ['NaN'], {}],
        ['endless', ['Infinity'], {}],
        ['none', [], {}],
      ] as const) {
        const { run } = await post('runs/create', {
          experiment_id: experiment,
          run_name: name,
          start_time: Object.keys(runs).length + 1,
        });
        runs[name] = run.info.run_id;
        await post('runs/log-batch', {
          run_id: run.info.run_id,
          metrics: accuracy.map((value, step) => ({
            key: 'accuracy',
            value,
            timestamp: 1,
            step,
          })),
          ...more,
        });
      }
      await post('runs/log-inputs', {
        run_id: runs.low,
        datasets: [
          {
            dataset: {
              name: 'iris',
              digest: 'd1',
              source_type: 'local',
              source: 's',
            },
            tags: [{ key: 'mlflow.data.context', value: 'training' }],
          },
        ],
      });
      const found = async (filter: string, ...orders: string[]) =>
        (
          await post('runs/search', {
            experiment_ids: [experiment],
            filter,
            order_by: orders,
          })
        ).runs?.map(
          (run: { info: { run_name: string } }) => run.info.run_name,
        ) ?? [];
      for (const [filter, names] of [
        // The latest value counts, not the highest.
        ['metrics.accuracy < 0.5', ['low']],
        ['metric.accuracy >= 0.8', ['endless', 'high']],
        ['metrics.accuracy != 0.8', ['endless', 'broken', 'low']],
        ["params.depth = '3'", ['low']],
        ["tags.team LIKE 'bot%'", []],
        ["tag.team ILIKE 'bot%' AND run_name = 'high'", ['high']],
        ["attributes.status = 'RUNNING' and start_time > 4", ['none']],
        [
          'params.depth IS NULL AND tags.team IS NULL',
          ['none', 'endless', 'broken'],
        ],
        [`run_id IN ('${runs.low}', '${runs.none}')`, ['none', 'low']],
        ["datasets.name = 'iris' AND dataset.context = 'training'", ['low']],
        ["datasets.digest = 'd2'", []],
      ] as const) {
        expect([filter, await found(filter)]).toEqual([filter, names]);
      }
      expect(await found('', 'metrics.accuracy DESC')).toEqual([
        'endless',
        'high',
        'low',
        'broken',
        'none',
      ]);
      expect(await found('', 'params.depth', 'start_time ASC')).toEqual([
        'low',
        'high',
        'broken',
        'endless',
        'none',
      ]);
      for (const [body, message] of [
        [
          { filter: 'metrics.accuracy = "x"' },
          /Expected numeric value type for metric/,
        ],
        [
          { filter: 'params.depth = 3' },
          /Expected a quoted string value for parameter/,
        ],
        [{ filter: "params.depth > '3'" }, /Invalid comparator '>'/],
        [{ filter: "nothing.a = '1'" }, /Invalid entity type 'nothing'/],
        [
          { filter: "attribute.nothing = '1'" },
          /Invalid attribute key 'nothing'/,
        ],
        [{ filter: "tags.a = '1' OR tags.b = '2'" }, /Invalid clause\(s\)/],
        [{ order_by: ['start_time SIDEWAYS'] }, /Invalid ordering key/],
        [{ order_by: ['start_time', 'start_time DESC'] }, /duplicate fields/],
      ] as const) {
        const refused = await post('runs/search', {
          experiment_ids: [experiment],
          ...body,
        });
        expect(refused.error_code).toBe('INVALID_PARAMETER_VALUE');
        expect(refused.message).toMatch(message);
      }
      const { run } = (
        await platform.call(
          'get',
          `${api}/runs/get?run_id=${runs.low}`,
          publisherToken,
        )
      ).body;
      expect(run.inputs.dataset_inputs).toEqual([
        {
          dataset: {
            name: 'iris',
            digest: 'd1',
            source_type: 'local',
            source: 's',
          },
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
        },
      ]);
    });

    it('finds experiments by name and tags, and keeps what is deleted as it is', async () => {
      const first = await experimentOf('garden-a', [{ key: 'k', value: 'v' }]);
      await experimentOf('garden-b');
      const names = async (filter: string, order?: string) =>
        (
          await post('experiments/search', {
            filter,
            order_by: order && [order],
          })
        ).experiments?.map(({ name }: { name: string }) => name) ?? [];
      expect(await names("name LIKE 'garden-%'", 'name')).toEqual([
        'garden-a',
        'garden-b',
      ]);
      expect(await names("tags.k = 'v'")).toEqual(['garden-a']);
      expect(await names("name = 'Default'")).toEqual(['Default']);
      await post('experiments/set-experiment-tag', {
        experiment_id: first,
        key: 'other',
        value: '1',
      });
      await post('experiments/delete-experiment-tag', {
        experiment_id: first,
        key: 'k',
      });
      expect(await names("tags.k = 'v'")).toEqual([]);
      expect(await names("tags.other = '1'")).toEqual(['garden-a']);
      const taken = await post('experiments/update', {
        experiment_id: first,
        new_name: 'garden-b',
      });
      expect(taken.error_code).toBe('RESOURCE_ALREADY_EXISTS');
      await post('experiments/delete', { experiment_id: first });
      for (const [route, body] of [
        ['experiments/set-experiment-tag', { key: 'a', value: 'b' }],
        ['runs/create', {}],
        ['logged-models', {}],
      ] as const) {
        const refused = await post(route, { experiment_id: first, ...body });
        expect(refused.message).toMatch(/must be in the 'active' state/);
      }
    });

    it('keeps the tags of experiments from before, of two of one key the last', async () => {
      const knex = await databases.init(databaseId);
      const directory = resolvePackagePath(
        '@model-platform/plugin-model-platform-backend',
        'migrations',
      );
      const name = '20261126113000_mlflow_tracking.js';
      await knex.migrate.latest({ directory });
      await knex.migrate.down({ directory, name });
      const now = new Date().toISOString();
      await knex('mlflow_experiments').insert({
        id: '7',
        name: 'older',
        system: 'plant-catalogue',
        owner: 'group:default/botany-ml',
        visibility: 'system',
        stage: 'active',
        tags: JSON.stringify([
          { key: 'team', value: 'first' },
          { key: 'place', value: 'greenhouse' },
          { key: 'team', value: 'last' },
        ]),
        created_at: now,
        updated_at: now,
      });
      await knex.migrate.up({ directory, name });
      expect(
        await knex('mlflow_facts')
          .where({ subject_id: '7' })
          .orderBy('key')
          .select('kind', 'key', 'value'),
      ).toEqual([
        { kind: 'tag', key: 'place', value: 'greenhouse' },
        { kind: 'tag', key: 'team', value: 'last' },
      ]);
    });

    it('finds logged models by their metrics and fields', async () => {
      const experiment = await experimentOf('logged');
      const { run } = await post('runs/create', { experiment_id: experiment });
      for (const [name, value] of [
        ['one', 1],
        ['two', 2],
      ] as const) {
        const { model } = await post('logged-models', {
          experiment_id: experiment,
          name,
          params: [{ key: 'p', value: name }],
        });
        await post('runs/log-metric', {
          run_id: run.info.run_id,
          key: 'loss',
          value,
          timestamp: 1,
          model_id: model.info.model_id,
        });
      }
      const names = async (body: object) =>
        (
          await post('logged-models/search', {
            experiment_ids: [experiment],
            ...body,
          })
        ).models?.map((model: { info: { name: string } }) => model.info.name) ??
        [];
      expect(await names({ filter: 'metrics.loss > 1' })).toEqual(['two']);
      expect(await names({ filter: "params.p = 'one'" })).toEqual(['one']);
      expect(
        await names({ order_by: [{ field_name: 'metrics.loss' }] }),
      ).toEqual(['one', 'two']);
      expect(
        await names({ order_by: [{ field_name: 'name', ascending: false }] }),
      ).toEqual(['two', 'one']);
    });

    it('takes a file in parts, and nothing of one that is given up', async () => {
      const mpu = async (step: string, body: object) =>
        await platform
          .call('post', `${artifacts}/mpu/${step}/folder`, publisherToken)
          .send(body);
      const created = (
        await mpu('create', { path: '/home/me/large.bin', num_parts: 2 })
      ).body;
      const { upload_id: id, credentials } = created;
      expect(credentials).toHaveLength(2);
      const parts = [];
      for (const [index, content] of ['first ', 'second'].entries()) {
        const url = new URL(credentials[index].url);
        // As the client sends it: without its token.
        const sent = await request(platform.server)
          .put(url.pathname)
          .send(Buffer.from(content));
        expect(sent.status).toBe(200);
        parts.push({ part_number: index + 1, etag: sent.headers.etag });
      }
      const path = 'large.bin';
      const wrong = await mpu('complete', {
        path,
        upload_id: id,
        parts: [{ ...parts[0], etag: '"other"' }],
      });
      expect(wrong.body.message).toMatch(/Part 1 .* send it again/);
      // In whatever order they are named.
      const done = await mpu('complete', {
        path,
        upload_id: id,
        parts: parts.reverse(),
      });
      expect(done.body).toEqual({});
      const file = await platform.call(
        'get',
        `${artifacts}/artifacts/folder/large.bin`,
        publisherToken,
      );
      expect(file.body.toString()).toBe('first second');
      expect(
        (await mpu('complete', { path, upload_id: id, parts })).status,
      ).toBe(404);

      const other = (await mpu('create', { path: 'other.bin' })).body;
      const url = new URL(other.credentials[0].url).pathname;
      await request(platform.server).put(url).send(Buffer.from('x'));
      expect(
        (await mpu('abort', { path: 'other.bin', upload_id: other.upload_id }))
          .body,
      ).toEqual({});
      expect(
        (await request(platform.server).put(url).send(Buffer.from('x'))).status,
      ).toBe(404);
      const listed = await platform.call(
        'get',
        `${artifacts}/artifacts?path=folder`,
        publisherToken,
      );
      expect(listed.body.files).toEqual([
        { path: 'large.bin', is_dir: false, file_size: 12 },
      ]);
    });

    it('counts its files in the quota of their system, by every door', async () => {
      const put = async (name: string, size: number) =>
        await platform
          .call('put', `${artifacts}/artifacts/${name}`, narrowToken)
          .set('content-type', 'text/plain')
          .send(name.repeat(size));
      expect((await put('a', 60)).status).toBe(200);
      const over = await put('b', 50);
      expect(over.status).toBe(400);
      expect(over.body.message).toMatch(
        /b would take the system patient-care over its quota of 100 bytes/,
      );
      const draft = async (fill: string, size: number) =>
        await platform
          .call('post', `v1/models/quota-${fill}/versions`, narrowToken)
          .send(
            draftRequest(`quota-${fill}`, {
              files: [fileOf('x.txt', fill.repeat(size))],
              model: {
                system: 'patient-care',
                owner: 'group:default/care-analytics',
              },
            }),
          );
      expect(JSON.stringify((await draft('c', 41)).body)).toMatch(
        /it has 60, and these files add 41/,
      );
      // Equal files count once, whichever door they came by.
      expect((await draft('a', 60)).status).toBe(201);
    });
  },
);
