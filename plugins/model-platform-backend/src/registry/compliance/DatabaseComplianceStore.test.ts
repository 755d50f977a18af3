import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { draftRequest } from '../../__testUtils__/TestPlatform';
import { DatabaseModelStore } from '../DatabaseModelStore';
import { DatabaseVersionStore } from '../DatabaseVersionStore';
import { ComplianceRecord } from './ComplianceStore';
import { DatabaseComplianceStore } from './DatabaseComplianceStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const place = { type: 'ml', system: 'plant-catalogue' };
const history = { actor: 'user:default/mira', action: 'published' };

describe.each(databases.eachSupportedId())('compliance on %s', id => {
  it('finds what nobody looked at by the schema in force', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@model-platform/plugin-model-platform-backend',
        'migrations',
      ),
    });
    const store = DatabaseComplianceStore.create({ knex });
    const versions = DatabaseVersionStore.create({ knex });
    const models = DatabaseModelStore.create({ knex });
    const publish = async (name: string) => {
      const request = draftRequest(name);
      const record = await versions.openDraft({
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
      await versions.completeDraft(record, history, {
        filled: { evaluation: { accuracy: 0.9 } },
        readings: [{ path: 'model.onnx', format: 'onnx', problem: 'none' }],
        schemas: [{ name: 'platform', version: '2', digest: 'sha256:1' }],
      });
      return record.version.modelId;
    };
    const iris = await publish('iris');
    const tulip = await publish('tulip');

    // What the completion says is kept with the version, and the rest of it stays.
    const published = await versions.findVersion(iris, 1);
    expect(published?.version).toMatchObject({
      evaluation: { accuracy: 0.9 },
      flavor: 'onnx',
      schemas: [{ name: 'platform', version: '2' }],
      readings: [{ path: 'model.onnx', problem: 'none' }],
    });

    expect(await store.places()).toEqual([place]);
    const stale = async (digest: string) =>
      (await store.stale(place, digest, 10)).map(({ modelId }) => modelId);
    expect(await stale('sha256:a')).toEqual([iris, tulip].sort());
    expect(await store.stale(place, 'sha256:a', 1)).toHaveLength(1);
    const [subject] = await store.subjects([iris]);
    expect(subject).toEqual({
      ...place,
      modelId: iris,
      version: 1,
      metadata: expect.objectContaining({ theme: 'species-recognition' }),
      readings: [{ path: 'model.onnx', format: 'onnx', problem: 'none' }],
    });

    const record = (
      modelId: string,
      more: Partial<ComplianceRecord> = {},
    ): ComplianceRecord => ({
      modelId,
      version: 1,
      schemaDigest: 'sha256:a',
      schemas: [{ name: 'own', version: '4', digest: 'sha256:b' }],
      problems: [],
      checkedAt: '2026-01-01T00:00:00.000Z',
      ...more,
    });
    const problems = [
      { field: 'metadata.costCentre', rule: 'is missing', source: 'own' },
    ];
    await store.save([record(iris, { problems }), record(tulip)]);
    expect(await stale('sha256:a')).toEqual([]);
    expect((await store.find([iris, tulip])).get(iris)).toEqual(
      record(iris, { problems }),
    );

    const list = async (complete: string) =>
      (
        await models.list({
          visible: true,
          words: [],
          where: new Map([['complete', [complete]]]),
          sort: { by: 'name', descending: false },
          limit: 10,
        })
      ).items.map(({ name, metadataComplete }) => [name, metadataComplete]);
    expect(await list('false')).toEqual([['iris', false]]);
    expect(await list('true')).toEqual([['tulip', true]]);
    expect(
      await models.facets({ visible: true, words: [], where: new Map() }, [
        'complete',
      ]),
    ).toEqual({
      complete: [
        { value: 'false', count: 1 },
        { value: 'true', count: 1 },
      ],
    });

    // A schema that changed, and a version published since, are looked at again.
    expect(await stale('sha256:c')).toEqual([iris, tulip].sort());
    await publish('iris');
    expect(await stale('sha256:a')).toEqual([iris]);
    // What was found of the version before says nothing of the one after.
    await store.save([record(iris)]);
    expect(await stale('sha256:a')).toEqual([iris]);
    await store.save([record(iris, { version: 2 })]);
    expect(await stale('sha256:a')).toEqual([]);
    expect(await list('false')).toEqual([]);
  });
});
