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
const gardenerToken = 'configured-gardener-token-of-tests';
const farmerToken = 'configured-farmer-token-of-tests';
const strangerToken = 'configured-stranger-token-of-tests';
const lookerToken = 'configured-looker-token-of-tests';
const bothToken = 'configured-token-of-both-of-tests';
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
            ...[
              { name: 'gardener', token: gardenerToken, owner: 'gardeners' },
              { name: 'farmer', token: farmerToken, owner: 'farmers' },
            ].map(({ name, token, owner }) => ({
              name,
              token,
              grants: [
                {
                  actions: ['read', 'publish'],
                  systems: ['plant-trials'],
                  owners: [`group:default/${owner}`],
                },
              ],
            })),
            {
              name: 'stranger',
              token: strangerToken,
              grants: [
                {
                  actions: ['read'],
                  systems: ['*'],
                  owners: ['group:default/gardeners'],
                },
              ],
            },
            {
              name: 'looker',
              token: lookerToken,
              grants: [{ actions: ['read'], systems: ['plant-trials'] }],
            },
            {
              name: 'both',
              token: bothToken,
              grants: [
                { actions: ['read', 'publish'], systems: ['patient-care'] },
                { actions: ['read'], systems: ['plant-catalogue'] },
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
        [
          { order_by: Array.from({ length: 101 }, (_, n) => `tags.t${n}`) },
          /'order_by' can have at most 100 clauses, got 101/,
        ],
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

    it('lets nobody write to, or of, logged models and runs that are not theirs', async () => {
      const as = async (token: string, route: string, body: object) =>
        await platform.call('post', `${api}/${route}`, token).send(body);
      const mine = await experimentOf('of-plants');
      const beside = await experimentOf('beside-plants');
      const { model } = await post('logged-models', {
        experiment_id: mine,
        name: 'guarded',
      });
      const { run } = await post('runs/create', { experiment_id: mine });
      const elsewhere = await post('runs/create', { experiment_id: beside });
      const theirs = (
        await as(narrowToken, 'experiments/create', { name: 'of-patients' })
      ).body.experiment_id;
      const strange = (
        await as(narrowToken, 'runs/create', { experiment_id: theirs })
      ).body.run.info.run_id;
      const { model_id: id } = model.info;
      const metric = { key: 'acc', value: 9, timestamp: 1, model_id: id };
      for (const [token, reach] of [
        // One may not see it, one may read it.
        [narrowToken, 404],
        [bothToken, 403],
      ] as const) {
        for (const [route, body] of [
          ['runs/log-metric', { run_id: strange, ...metric }],
          ['runs/log-batch', { run_id: strange, metrics: [metric] }],
          ['runs/outputs', { run_id: strange, models: [{ model_id: id }] }],
          [
            'logged-models',
            { experiment_id: theirs, source_run_id: run.info.run_id },
          ],
        ] as const) {
          const refused = await as(token, route, body);
          expect([route, refused.status]).toEqual([route, reach]);
        }
      }
      const input = { run_id: strange, models: [{ model_id: id }] };
      expect((await as(narrowToken, 'runs/log-inputs', input)).status).toBe(
        404,
      );
      expect((await as(bothToken, 'runs/log-inputs', input)).status).toBe(200);
      const gone = { ...metric, run_id: run.info.run_id, model_id: 'm-none' };
      expect((await as(publisherToken, 'runs/log-metric', gone)).status).toBe(
        404,
      );
      const modelNow = async () =>
        (
          await platform.call(
            'get',
            `${api}/logged-models/${id}`,
            publisherToken,
          )
        ).body.model;
      expect((await modelNow()).data.metrics).toBeUndefined();
      // Between experiments that are both the caller's own, it is said.
      await post('runs/log-metric', {
        ...metric,
        run_id: elsewhere.run.info.run_id,
      });
      expect((await modelNow()).data.metrics).toMatchObject([
        { key: 'acc', value: 9 },
      ]);
    });

    it('has one experiment of a system for all who name none', async () => {
      const as = (token: string) => async (route: string, body: object) =>
        await platform.call('post', `${api}/${route}`, token).send(body);
      const get = async (token: string, path: string) =>
        await platform.call('get', path, token);
      const none = { experiment_ids: ['0'] };
      const looker = as(lookerToken);
      // Reading makes none.
      expect((await looker('runs/search', none)).body).toEqual({});
      const byId = `${api}/experiments/get?experiment_id=0`;
      expect((await get(lookerToken, byId)).status).toBe(404);
      expect((await get(gardenerToken, byId)).status).toBe(404);
      const refused = await looker('runs/create', {});
      expect(refused.status).toBe(403);
      expect(refused.body.message).toMatch(
        /right to publish in system plant-trials/,
      );

      const made = await Promise.all(
        [gardenerToken, farmerToken].map(
          async token =>
            (
              await as(token)('runs/create', { experiment_id: '0' })
            ).body.run.info,
        ),
      );
      const id = made[0].experiment_id;
      expect(made[1].experiment_id).toBe(id);
      // Each may go on in the other's.
      for (const token of [gardenerToken, farmerToken]) {
        for (const { run_id } of made) {
          const tag = { run_id, key: 'seen', value: 'yes' };
          expect((await as(token)('runs/set-tag', tag)).status).toBe(200);
        }
      }
      const { model } = (
        await as(farmerToken)('logged-models', { experiment_id: '0' })
      ).body;
      expect(model.info.experiment_id).toBe(id);
      await platform
        .call(
          'put',
          `${artifacts}/artifacts/0/${made[0].run_id}/artifacts/a.txt`,
          gardenerToken,
        )
        .set('content-type', 'text/plain')
        .send('a');
      for (const token of [gardenerToken, farmerToken, lookerToken]) {
        const runs = (await as(token)('runs/search', none)).body.runs;
        expect(
          runs
            .map((run: { info: { run_id: string } }) => run.info.run_id)
            .sort(),
        ).toEqual(made.map(({ run_id }) => run_id).sort());
        const { models } = (await as(token)('logged-models/search', none)).body;
        expect(models).toHaveLength(1);
        expect((await get(token, byId)).body.experiment).toMatchObject({
          experiment_id: id,
          name: 'Default',
        });
        const listed = (await as(token)('experiments/search', {})).body;
        expect(
          listed.experiments.map(({ name }: { name: string }) => name),
        ).toEqual(['Default']);
        const file = `${artifacts}/artifacts/0/${made[0].run_id}/artifacts/a.txt`;
        expect((await get(token, file)).status).toBe(200);
      }
      for (const [experiment, name] of [
        ['0', 'mine'],
        [
          (await as(farmerToken)('experiments/create', { name: 'field' })).body
            .experiment_id,
          'Default',
        ],
      ]) {
        const renamed = await as(farmerToken)('experiments/update', {
          experiment_id: experiment,
          new_name: name,
        });
        expect(renamed.body.error_code).toBe('INVALID_PARAMETER_VALUE');
      }
      // What has an owner stays that owner's; another system's people see none of it.
      expect(
        (
          await as(gardenerToken)('experiments/search', {
            filter: "name = 'field'",
          })
        ).body,
      ).toEqual({});
      expect((await as(narrowToken)('runs/search', none)).body).toEqual({});
      // Reading what one owner has, wherever it is, is no right to a system's runs.
      const stranger = as(strangerToken);
      expect((await stranger('runs/search', none)).body).toEqual({});
      expect((await stranger('experiments/search', {})).body).toEqual({});
      expect(
        (await as(narrowToken)('runs/search', { experiment_ids: [id] })).body,
      ).toEqual({});
    });

    it('refuses searches of too many experiments', async () => {
      const refused = await post('runs/search', {
        experiment_ids: Array.from({ length: 1001 }, (_, n) => `${n}`),
      });
      expect(refused.error_code).toBe('INVALID_PARAMETER_VALUE');
      expect(refused.message).toMatch(/at most 1000 experiments, got 1001/);
    });

    it('keeps the first value of a parameter, and with it all of a batch or nothing', async () => {
      const experiment = await experimentOf('unchanging');
      const { run } = await post('runs/create', { experiment_id: experiment });
      const id = run.info.run_id;
      const dataOf = async () =>
        (
          await platform.call(
            'get',
            `${api}/runs/get?run_id=${id}`,
            publisherToken,
          )
        ).body.run;
      const batch = (rate: string) => ({
        run_id: id,
        // Beside others, which each sends in its own order.
        params: [
          ...['a', 'b', 'c'].map(key => ({ key, value: key })),
          { key: 'lr', value: rate },
        ].sort(() => (Number(rate) % 2 ? 1 : -1)),
        tags: [
          { key: 'rate', value: rate },
          { key: 'mlflow.runName', value: `rate ${rate}` },
        ],
        metrics: [{ key: `loss-${rate}`, value: 1, timestamp: 1 }],
      });
      const rates = ['1', '2', '3', '4', '5', '6'];
      const answers = await Promise.all(
        rates.map(async rate => await post('runs/log-batch', batch(rate))),
      );
      const [taken, ...more] = rates.filter(
        (_, index) => answers[index].error_code === undefined,
      );
      expect(more).toEqual([]);
      for (const { error_code: code, message } of answers) {
        if (code === undefined) continue;
        expect(code).toBe('INVALID_PARAMETER_VALUE');
        expect(message).toMatch(
          `'lr' was already logged with value='${taken}' for run ID='${id}'`,
        );
      }
      expect(await post('runs/log-batch', batch(taken))).toEqual({});
      const { info, data } = await dataOf();
      expect(info.run_name).toBe(`rate ${taken}`);
      expect(data.params).toContainEqual({ key: 'lr', value: taken });
      expect(data.tags).toContainEqual({ key: 'rate', value: taken });
      expect(data.metrics.map(({ key }: { key: string }) => key)).toEqual([
        `loss-${taken}`,
      ]);

      const { model } = await post('logged-models', {
        experiment_id: experiment,
        params: [{ key: 'depth', value: '3' }],
      });
      const route = `logged-models/${model.info.model_id}/params`;
      const changed = await post(route, {
        params: [
          { key: 'width', value: '1' },
          { key: 'depth', value: '4' },
        ],
      });
      expect(changed.error_code).toBe('INVALID_PARAMETER_VALUE');
      expect(changed.message).toMatch(
        /'depth' was already logged with value='3'/,
      );
      const same = { params: [{ key: 'depth', value: '3' }] };
      expect(await post(route, same)).toEqual({});
      const { models } = await post('logged-models/search', {
        experiment_ids: [experiment],
      });
      expect(models[0].data.params).toEqual([{ key: 'depth', value: '3' }]);
    });

    it('keeps data sets that searches can read, and so many that they can be read', async () => {
      const experiment = await experimentOf('given');
      const { run } = await post('runs/create', { experiment_id: experiment });
      const id = run.info.run_id;
      const give = async (...datasets: object[]) =>
        await post('runs/log-inputs', {
          run_id: id,
          datasets: datasets.map(dataset => ({ dataset })),
        });
      const iris = { name: 'iris', digest: 'd', source_type: 's', source: 's' };
      const many = Array.from({ length: 100 }, (_, n) => ({
        ...iris,
        name: `n-${n}`,
      }));
      for (const [datasets, message] of [
        [[{ ...iris, name: 'half \ud800' }], /half a surrogate pair/],
        [[{ ...iris, profile: 'code 0 \0' }], /has the character NUL/],
        [[{ ...iris, schema: { 'key \udc00': 1 } }], /half a surrogate pair/],
        [[{ ...iris, schema: 'x'.repeat(65_536) }], /of at most 65536/],
        [[iris, ...many], /at most 100 data sets/],
      ] as const) {
        const refused = await give(...datasets);
        expect(refused.error_code).toBe('INVALID_PARAMETER_VALUE');
        expect(refused.message).toMatch(message);
      }
      const whole = { ...iris, source: 'pairs \u{1F33B} and \\ud800 in words' };
      expect(await give(whole, { ...iris, source: 'later' })).toEqual({});
      expect(await give(...many.slice(1))).toEqual({});
      expect((await give(many[0])).message).toMatch(/has 100, and .* 1 more/);
      // Again what it has is nothing new.
      expect(await give(iris)).toEqual({});
      const { runs } = await post('runs/search', {
        experiment_ids: [experiment],
        filter: "datasets.name = 'iris'",
      });
      expect(runs).toHaveLength(1);
      expect(runs[0].inputs.dataset_inputs).toHaveLength(100);
      expect(runs[0].inputs.dataset_inputs).toContainEqual(
        expect.objectContaining({ dataset: whole }),
      );
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

    it('takes paths with whatever slashes at their ends, and refuses long ones', async () => {
      const list = async (path: string) =>
        await platform
          .call('get', `${artifacts}/artifacts`, publisherToken)
          .send({ path });
      await platform
        .call('put', `${artifacts}/artifacts/slashes/in/a.txt`, publisherToken)
        .set('content-type', 'text/plain')
        .send('a');
      const many = '/'.repeat(90_000);
      const listed = await list(`${many}slashes/in${many}`);
      expect(listed.body.files).toEqual([
        { path: 'a.txt', is_dir: false, file_size: 1 },
      ]);
      const refused = await list(`slashes${many}in`);
      expect(refused.status).toBe(400);
      expect(refused.body.message).toBe('Invalid path');
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
