import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import {
  collect,
  digestOf,
  StoreFixture,
  storesOfTests,
  streamOf,
} from '../../__testUtils__/artifactStores';
import { draftRequest, fileOf } from '../../__testUtils__/TestPlatform';
import { DatabaseVersionStore } from '../DatabaseVersionStore';
import { DatabaseBlobReferences } from './DatabaseBlobReferences';
import { GarbageCollector } from './GarbageCollector';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const DAY_MS = 86_400_000;
const SYSTEM = 'plant-catalogue';

const combinations = databases
  .eachSupportedId()
  .flatMap(([id]) =>
    storesOfTests.map(([name, create]) => ({ id, name, create })),
  );

describe.each(combinations)(
  'GarbageCollector, $id, $name',
  ({ id, create }) => {
    let fixture: StoreFixture;
    let knex: Knex;

    beforeAll(async () => {
      fixture = await create();
      knex = await databases.init(id);
      await knex.migrate.latest({
        directory: resolvePackagePath(
          '@model-platform/plugin-model-platform-backend',
          'migrations',
        ),
      });
    });
    afterAll(async () => await fixture?.end());

    async function openDraft(name: string, content: string) {
      const request = draftRequest(name, {
        files: [fileOf('model.onnx', content)],
      });
      const versions = DatabaseVersionStore.create({ knex });
      return await versions.openDraft({
        fields: {
          ...request.model,
          lifecycle: 'experimental',
          visibility: 'system',
          sharedWith: [],
          tags: [],
        },
        given: ['name'],
        slug: name,
        spec: request.version,
        files: request.files,
        manifestDigest: `sha256:${'0'.repeat(64)}`,
        publisher: 'user:default/mira',
        expiresAt: '2100-01-01T00:00:00.000Z',
      });
    }

    it('removes what nothing refers to, once it is a day old, and nothing else', async () => {
      const { store } = fixture;
      const { version } = await openDraft('kept', 'announced');
      const announced = digestOf(Buffer.from('announced'));
      const stray = digestOf(Buffer.from('stray'));
      await store.write(streamOf(Buffer.from('announced')), {}, SYSTEM);
      await store.write(streamOf(Buffer.from('stray')), {}, SYSTEM);
      // The same file of another system is nobody's there.
      await store.write(streamOf(Buffer.from('announced')), {}, 'patient-care');
      await fixture.leaveUpload();
      const part = Buffer.from('part');
      const partOf = async (owner: string) =>
        await store.writePart(
          {
            scope: SYSTEM,
            owner,
            digest: announced,
            sizeBytes: part.length,
            partSizeBytes: 8,
          },
          { number: 1, digest: digestOf(part), sizeBytes: part.length },
          streamOf(part),
        );
      await partOf(version.id);
      const unfinished = async () =>
        (await collect(store.unfinishedUploads()))
          .map(({ owner }) => owner)
          .sort();

      let now = Date.now();
      const references = DatabaseBlobReferences.create({ knex });
      const garbage = new GarbageCollector({
        artifacts: store,
        references,
        now: () => new Date(now),
      });
      const nothing = { count: 0, bytes: 0 };
      expect(await garbage.collect({ dryRun: false })).toEqual({
        blobs: nothing,
        uploads: nothing,
        kept: { count: 3, bytes: 23 },
      });

      now += DAY_MS + 60_000;
      const gone = randomUUID();
      await partOf(gone);
      const report = {
        blobs: { count: 2, bytes: 14 },
        uploads: { count: 2, bytes: expect.any(Number) },
        kept: { count: 1, bytes: 9 },
      };
      expect(await garbage.collect({ dryRun: true })).toEqual(report);
      expect(await store.has(stray, SYSTEM)).toBe(true);
      expect(await unfinished()).toEqual([gone, version.id, undefined].sort());

      expect(await garbage.collect({ dryRun: false })).toEqual(report);
      expect(await store.has(stray, SYSTEM)).toBe(false);
      expect(await store.has(announced, 'patient-care')).toBe(false);
      expect(await store.has(announced, SYSTEM)).toBe(true);
      expect(await unfinished()).toEqual([version.id]);
    });

    it('never takes a file that is announced meanwhile', async () => {
      const { store } = fixture;
      const references = DatabaseBlobReferences.create({ knex });
      // Announced between the look at many and the removal of one.
      const raced: typeof references = Object.create(references, {
        unused: {
          value: async (system: string, digests: string[]) => {
            const unused = await references.unused(system, digests);
            await openDraft('raced', 'announced late');
            return unused;
          },
        },
      });
      const digest = digestOf(Buffer.from('announced late'));
      await store.write(streamOf(Buffer.from('announced late')), {}, SYSTEM);
      const garbage = new GarbageCollector({
        artifacts: store,
        references: raced,
        now: () => new Date(Date.now() + 2 * DAY_MS),
      });
      const { blobs } = await garbage.collect({ dryRun: false });
      expect(blobs.count).toBe(0);
      expect(await store.has(digest, SYSTEM)).toBe(true);
    });

    it('keeps what is held, until whoever holds it is done, or was killed', async () => {
      const { store } = fixture;
      const references = DatabaseBlobReferences.create({ knex });
      let now = Date.now() + 2 * DAY_MS;
      const garbage = new GarbageCollector({
        artifacts: store,
        references,
        now: () => new Date(now),
      });
      const digest = digestOf(Buffer.from('held'));
      const isKept = async () => {
        await garbage.collect({ dryRun: false });
        return await store.has(digest, SYSTEM);
      };
      const write = () =>
        store.write(streamOf(Buffer.from('held')), {}, SYSTEM);
      await write();
      await references.holding(SYSTEM, async hold => {
        await hold(digest);
        // Held only just now, as it would be while the collector runs.
        await knex('registry_blob_holds').update({
          held_at: new Date(now).toISOString(),
        });
        expect(await isKept()).toBe(true);
      });
      expect(await isKept()).toBe(false);

      await write();
      await knex('registry_blob_holds').insert({
        holder: randomUUID(),
        system: SYSTEM,
        digest,
        held_at: new Date(now).toISOString(),
      });
      expect(await isKept()).toBe(true);
      now += DAY_MS + 1;
      expect(await isKept()).toBe(false);
    });
  },
);
