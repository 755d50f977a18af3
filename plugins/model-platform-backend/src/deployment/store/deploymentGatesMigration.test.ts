import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const directory = resolvePackagePath(
  '@model-platform/plugin-model-platform-backend',
  'migrations',
);
const NAME = '20261126221000_deployment_gates.js';

const canary = { type: 'canary', steps: [{ weight: 10, pause: '1m' }] };

describe.each(databases.eachSupportedId())(
  'the migration of gates in %p',
  id => {
    it('gives deployments that are there the strategy of their spec, but for those a person has moved', async () => {
      const knex = await databases.init(id);
      for (;;) {
        const [, [next]] = await knex.migrate.list({ directory });
        if (next.file === NAME) break;
        await knex.migrate.up({ directory });
      }
      const rows: Record<
        string,
        { revision: number | null; spec: object; overrides: object[] }
      > = {
        canaried: { revision: 2, spec: { strategy: canary }, overrides: [] },
        paused: {
          revision: 2,
          spec: { strategy: canary },
          overrides: [{ kind: 'pause' }],
        },
        promoted: {
          revision: 2,
          spec: { strategy: canary },
          overrides: [{ kind: 'promote' }],
        },
        rolledBack: {
          revision: 2,
          spec: { strategy: canary },
          overrides: [{ kind: 'off' }, { kind: 'rollback' }],
        },
        plain: { revision: 2, spec: {}, overrides: [] },
        unmade: { revision: null, spec: { strategy: canary }, overrides: [] },
      };
      for (const [name, { revision, spec, overrides }] of Object.entries(
        rows,
      )) {
        await knex('deployments').insert({
          ...(await filled(knex)),
          id: name,
          name,
          revision,
          spec: JSON.stringify(spec),
          overrides: JSON.stringify(overrides),
        });
      }
      await knex.migrate.up({ directory });
      const strategies = async () =>
        Object.fromEntries(
          (await knex('deployments').select('name', 'strategy')).map(
            ({ name, strategy }) => [name, strategy && JSON.parse(strategy)],
          ),
        );
      const expected = {
        canaried: canary,
        paused: canary,
        promoted: null,
        rolledBack: null,
        plain: null,
        unmade: null,
      };
      expect(await strategies()).toEqual(expected);
      // Back and on again loses no deployment.
      await knex.migrate.down({ directory });
      await knex.migrate.up({ directory });
      expect(await strategies()).toEqual(expected);
      await knex.migrate.latest({ directory });
      expect(await strategies()).toEqual(expected);
    });
  },
);

/** A row with something in each column that must not be empty. */
async function filled(
  knex: Awaited<ReturnType<typeof databases.init>>,
): Promise<Record<string, unknown>> {
  const columns = await knex('deployments').columnInfo();
  return Object.fromEntries(
    Object.entries(columns)
      .filter(([, { nullable }]) => !nullable)
      .map(([column, { type, maxLength }]) => {
        if (/int|numeric/.test(type)) return [column, 1];
        if (/bool/.test(type)) return [column, false];
        return [column, maxLength ? 'x' : '{}'];
      }),
  );
}
