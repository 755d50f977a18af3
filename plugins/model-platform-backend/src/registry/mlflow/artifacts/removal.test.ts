import { createBackendModule } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import {
  ArtifactStore,
  storesExtensionPoint,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import request from 'supertest';
import {
  digestOf,
  StoreFixture,
  storesOfTests,
  streamOf,
} from '../../../__testUtils__/artifactStores';
import {
  publisherToken,
  TestPlatform,
} from '../../../__testUtils__/TestPlatform';
import { until } from '../../../__testUtils__/until';
import { DatabaseBlobReferences } from '../../artifacts/DatabaseBlobReferences';
import { GarbageCollector } from '../../artifacts/GarbageCollector';
import { DatabaseUploadStore } from './DatabaseUploadStore';
import { giveUpUploads } from './giveUpUploads';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const DAY_MS = 86_400_000;
const SYSTEM = 'plant-catalogue';
const OTHER_SYSTEM = 'patient-care';
const api = 'mlflow/api/2.0/mlflow';
const tags = Object.entries({
  system: SYSTEM,
  owner: 'group:default/botany-ml',
  purpose: 'Tells species of iris by their measures',
  audience: 'Visitors of the greenhouse',
  method: 'Random forest',
  'data.sources': 'Herbarium',
  'data.personalData': 'none',
  'data.period': '1936',
  theme: 'species-recognition',
  risk: 'minimal',
  description: 'Tells species of iris',
}).map(([key, value]) => ({ key: `metadata.${key}`, value }));
const mlmodel = `
flavors:
  python_function: { loader_module: mlflow.sklearn }
  sklearn: { pickled_model: model.pkl }
signature:
  inputs: '[{"type": "double", "name": "petal_length", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
`;
const files = 'mlflow/api/2.0/mlflow-artifacts/artifacts';

const combinations = databases
  .eachSupportedId()
  .flatMap(([id]) =>
    storesOfTests.map(([name, create]) => ({ id, name, create })),
  );

describe.each(combinations)(
  "MLflow's files while blobs are removed, $id, $name",
  ({ id, create }) => {
    let fixture: StoreFixture;
    let platform: TestPlatform;
    let knex: Knex;
    /** What happens once, right after the store did such a thing. */
    const after: Partial<
      Record<'has' | 'write' | 'delete', () => Promise<unknown>>
    > = {};

    beforeAll(async () => {
      fixture = await create();
      knex = await databases.init(id);
      const watch =
        <K extends 'has' | 'write' | 'delete'>(method: K) =>
        async (...given: any[]) => {
          const work: (...args: any[]) => Promise<any> = fixture.store[method];
          const result = await work.apply(fixture.store, given);
          const then = after[method];
          delete after[method];
          await then?.();
          return result;
        };
      const watched: ArtifactStore = Object.create(fixture.store, {
        has: { value: watch('has') },
        write: { value: watch('write') },
        delete: { value: watch('delete') },
      });
      platform = await TestPlatform.start(
        {
          publishers: [
            {
              name: 'ci',
              token: publisherToken,
              grants: [
                {
                  actions: ['read', 'publish'],
                  systems: [SYSTEM, OTHER_SYSTEM],
                },
              ],
            },
          ],
        },
        [
          mockServices.database.factory({ knex }),
          createBackendModule({
            pluginId: 'model-platform',
            moduleId: 'watched-store',
            register(env) {
              env.registerInit({
                deps: { stores: storesExtensionPoint },
                async init({ stores }) {
                  stores.setArtifactStore(watched);
                },
              });
            },
          }),
        ],
      );
    });

    afterAll(async () => {
      await platform?.stop();
      await fixture?.end();
    });

    /** Of a file in one part. */
    async function beginUpload(name: string) {
      const { root } = await logModel(name);
      const step = (which: string, body: object) =>
        platform
          .call(
            'post',
            `mlflow/api/2.0/mlflow-artifacts/mpu/${which}/${root}`,
            publisherToken,
          )
          .send({ path: 'large.bin', ...body });
      const { body } = await step('create', { num_parts: 1 }).expect(200);
      const upload = { upload_id: body.upload_id };
      return {
        id: body.upload_id,
        path: `${root}/large.bin`,
        partPath: new URL(body.credentials[0].url).pathname,
        abort: () => step('abort', upload),
      };
    }

    const sendPart = async (partPath: string, text: string) =>
      await request(platform.server).put(partPath).send(Buffer.from(text));

    /** As in some days, when what nobody uses now is old, beside what goes on then. */
    async function collectGarbage() {
      const then = Date.now() + 3 * DAY_MS;
      await knex('registry_blob_holds').update({
        held_at: new Date(then).toISOString(),
      });
      const garbage = new GarbageCollector({
        artifacts: fixture.store,
        references: DatabaseBlobReferences.create({ knex }),
        now: () => new Date(then),
      });
      await garbage.collect({ dryRun: false });
    }

    const post = async (route: string, body: object) => {
      const { status, body: answer } = await platform
        .call('post', `${api}/${route}`, publisherToken)
        .send(body);
      expect({ status, answer }).toMatchObject({ status: 200 });
      return answer;
    };

    const send = async (route: string, text: string) =>
      await platform
        .call('put', `${files}/${route}`, publisherToken)
        .set('content-type', 'application/octet-stream')
        .send(text);

    const read = async (route: string) => {
      const { status, body } = await platform
        .call('get', `${files}/${route}`, publisherToken)
        .buffer()
        .parse((res, done) => {
          const chunks: Buffer[] = [];
          res.on('data', chunk => chunks.push(chunk));
          res.on('end', () => done(null, Buffer.concat(chunks)));
        });
      return { status, text: String(body) };
    };

    async function logModel(name: string, system = SYSTEM) {
      const { experiment_id } = await post('experiments/create', {
        name,
        tags: [{ key: 'metadata.system', value: system }],
      });
      const made = await post('logged-models', { experiment_id, name });
      const { model_id: modelId, artifact_uri: uri } = made.model.info;
      return { modelId, root: uri.replace('mlflow-artifacts:/', '') };
    }

    it('takes a file whose bytes lay there, old and of no use, and are collected at that moment', async () => {
      const { root } = await logModel('sent');
      const text = 'the same bytes';
      await fixture.store.write(streamOf(Buffer.from(text)), {}, SYSTEM);
      after.write = collectGarbage;
      expect((await send(`${root}/model.pkl`, text)).status).toBe(200);
      expect(after.write).toBeUndefined();
      expect(await read(`${root}/model.pkl`)).toEqual({ status: 200, text });
      // Nothing is held for longer than it takes.
      await platform
        .call('delete', `${files}/${root}/model.pkl`, publisherToken)
        .expect(200);
      expect(await fixture.store.has(digestOf(Buffer.from(text)), SYSTEM)).toBe(
        false,
      );
    });

    it('makes a version of files that lay in its system, old and of no use, and are collected at that moment', async () => {
      const { modelId, root } = await logModel('registered', OTHER_SYSTEM);
      // A pickle, as short as they are.
      const text = 'N.';
      await send(`${root}/MLmodel`, mlmodel);
      await send(`${root}/model.pkl`, text);
      for (const content of [mlmodel, text])
        await fixture.store.write(streamOf(Buffer.from(content)), {}, SYSTEM);
      await post('registered-models/create', { name: 'elsewhere', tags });
      after.has = collectGarbage;
      const { model_version: version } = await post('model-versions/create', {
        name: 'elsewhere',
        source: `models:/${modelId}`,
        model_id: modelId,
      });
      expect(after.has).toBeUndefined();
      expect(version).toMatchObject({ version: '1', status: 'READY' });
      const { artifact_uri: uri } = (
        await platform
          .call(
            'get',
            `${api}/model-versions/get-download-uri?name=elsewhere&version=1`,
            publisherToken,
          )
          .expect(200)
      ).body;
      expect(
        await read(`${uri.replace('mlflow-artifacts:/', '')}/model.pkl`),
      ).toEqual({ status: 200, text });
    });

    it('keeps nothing of a part that arrives while its upload is given up', async () => {
      const { id: upload, path, partPath, abort } = await beginUpload('late');
      const text = 'a part that comes too late';
      after.write = async () => await abort().expect(200);
      const late = await sendPart(partPath, text);
      expect(after.write).toBeUndefined();
      expect(late.status).toBe(404);
      expect(late.body.message).toMatch(/is over; begin another one/);
      expect(
        await knex('mlflow_artifacts').where({ owner_id: upload }),
      ).toEqual([]);
      await collectGarbage();
      expect(await fixture.store.has(digestOf(Buffer.from(text)), SYSTEM)).toBe(
        false,
      );
      expect((await read(path)).status).toBe(404);
    });

    it('takes the parts that were announced, for a day, and forgets them then', async () => {
      const upload = await beginUpload('old');
      const text = 'a part of what nobody goes on with';
      for (const number of ['1.5', '0', '2', 'NaN', '-1'])
        expect([
          number,
          (await sendPart(upload.partPath.replace(/1$/, number), text)).status,
        ]).toEqual([number, 404]);
      expect((await sendPart(upload.partPath, text)).status).toBe(200);
      const uploads = DatabaseUploadStore.create({ knex });
      expect(await giveUpUploads(uploads)).toBe(0);
      await knex('mlflow_uploads')
        .where({ id: upload.id })
        .update({ created_at: new Date(Date.now() - DAY_MS).toISOString() });
      expect((await sendPart(upload.partPath, text)).status).toBe(404);
      await upload.abort().expect(404);
      expect(await giveUpUploads(uploads)).toBe(1);
      for (const [table, column] of [
        ['mlflow_uploads', 'id'],
        ['mlflow_artifacts', 'owner_id'],
      ])
        expect(await knex(table).where(column, upload.id)).toEqual([]);
      await collectGarbage();
      expect(await fixture.store.has(digestOf(Buffer.from(text)), SYSTEM)).toBe(
        false,
      );
    });

    // The other database is part of the process that uses it.
    if (id === 'POSTGRES_18')
      it('loses no file where the database is cut off while one that nothing uses is removed', async () => {
        const { root } = await logModel('replaced');
        const file = `${root}/model.pkl`;
        await send(file, 'before');
        after.delete = async () =>
          await knex.raw(
            'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
          );
        const { status } = await send(file, 'after');
        expect(after.delete).toBeUndefined();
        // The other connections end one by one: until then, a call may meet
        // one that is just ending, and is told to try again.
        const { status: found, text } = await until(
          'an answer of the database',
          async () => {
            const answer = await read(file);
            return answer.status !== 503 && answer;
          },
        );
        expect(found).toBe(200);
        // Who was told nothing may find the one or the other.
        expect(status === 200 ? ['after'] : ['before', 'after']).toContain(
          text,
        );
      });
  },
);
