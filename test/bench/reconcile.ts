import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeploymentDriver,
  DeploymentRef,
  DesiredRevision,
  DesiredRoute,
  ObservedDeployment,
  toTrafficPlan,
} from '@model-platform/plugin-model-platform-node';
import { canonicalTrafficPlan } from '@model-platform/model-wire';
import { createHash } from 'node:crypto';
import knexFactory, { Knex } from 'knex';
import { fillRegistry } from '../../plugins/model-platform-backend/src/__testUtils__/fillRegistry';
import { platformActor } from '../../plugins/model-platform-backend/src/deployment/access/DeploymentActor';
import { DatabaseModelStore } from '../../plugins/model-platform-backend/src/registry/DatabaseModelStore';
import { DatabaseVersionStore } from '../../plugins/model-platform-backend/src/registry/DatabaseVersionStore';
import { portalOver } from './portalOver';

/** An engine that has whatever it is told to, at once: what is left is the platform's own work. */
class InstantDriver
  implements
    Pick<
      DeploymentDriver,
      | 'name'
      | 'unavailable'
      | 'apply'
      | 'observe'
      | 'routeDigest'
      | 'route'
      | 'release'
      | 'list'
    >
{
  readonly name = 'local';
  private looks = new Map<string, number>();
  private waitingFor = 0;
  private onLooked: (() => void) | undefined;
  private readonly applied = new Map<string, ObservedDeployment>();

  /** Resolves when so many deployments were looked at from now on. */
  async looked(count: number): Promise<void> {
    this.looks = new Map();
    this.waitingFor = count;
    await new Promise<void>(resolve => {
      this.onLooked = resolve;
    });
  }

  async unavailable() {
    return undefined;
  }

  async apply({ ref, revision, variants }: DesiredRevision) {
    const before = this.applied.get(ref.name);
    this.applied.set(ref.name, {
      ...before,
      url: `http://127.0.0.1:7080/${ref.name}`,
      runners: variants.map(({ name, version }) => ({
        id: `${ref.name}-r${revision}-${name}-0`,
        variant: name,
        version: version.number,
        revision,
        phase: 'ready',
        restarts: 0,
      })),
    });
  }

  async observe({ name }: DeploymentRef): Promise<ObservedDeployment> {
    // A look at what is as it shall be observes twice.
    const looks = (this.looks.get(name) ?? 0) + 1;
    this.looks.set(name, looks);
    if (looks === 2) this.waitingFor -= 1;
    if (this.waitingFor === 0) this.onLooked?.();
    return this.applied.get(name) ?? { runners: [] };
  }

  routeDigest(ref: DeploymentRef, route: DesiredRoute) {
    return createHash('sha256')
      .update(canonicalTrafficPlan(toTrafficPlan(ref, route)))
      .digest('hex');
  }

  async route(ref: DeploymentRef, route: DesiredRoute) {
    this.applied.set(ref.name, {
      ...this.applied.get(ref.name)!,
      routedRevision: route.revision,
      routeDigest: this.routeDigest(ref, route),
    });
  }

  async release() {}

  async list() {
    return [...this.applied.keys()];
  }
}

const { database, migrations, count, passes } = JSON.parse(process.argv[2]);
const isPostgres = database.client === 'pg';

/** Counts what is written, but for the leader's lease, which is kept by time. */
function countWrites(knex: Knex): { queries: number; writes: number } {
  const counted = { queries: 0, writes: 0 };
  knex.on('query', ({ sql }: { sql: string }) => {
    counted.queries += 1;
    if (
      /^\s*(insert|update|delete)/i.test(sql) &&
      !sql.includes('deployment_leases')
    )
      counted.writes += 1;
  });
  return counted;
}

async function main() {
  const knex = knexFactory({
    ...database,
    useNullAsDefault: true,
    // As the portal has it.
    pool: isPostgres ? { min: 0, max: 10 } : { min: 1, max: 1 },
  });
  await knex.migrate.latest({ directory: migrations });
  await fillRegistry(knex, { from: 0, to: count });
  const modelStore = DatabaseModelStore.create({ knex });
  const versions = DatabaseVersionStore.create({ knex });
  const driver = new InstantDriver();
  const models = {
    find: async (ref: string) => (await modelStore.find(ref))?.model,
    byId: async (id: string) => (await modelStore.findById(id))?.model,
    version: async (modelId: string, number: number) =>
      (await versions.findVersion(modelId, number))?.version,
    isDraft: async () => false,
    openFile: async () => {
      throw new Error('No file is to be opened');
    },
  };
  const { store, deployments, reconciler } = portalOver({
    ...{ knex, models },
    driver: driver as unknown as DeploymentDriver,
    environment: 'local',
    exclusive: !isPostgres,
  });
  const rows: Array<{ name: string; system: string }> = await knex(
    'registry_models',
  ).select('name', 'system');
  for (const [index, { name, system }] of rows.entries())
    await deployments.apply(
      `deployment-${index}`,
      { system, environment: 'local', model: name },
      platformActor,
    );
  const stopped = new AbortController();
  const running = reconciler.run(stopped.signal);
  for (;;) {
    const all = await store.all();
    if (all.every(({ phase }) => phase === 'Ready')) break;
    await sleep(200);
  }
  const counted = countWrites(knex);
  const results = [];
  for (let pass = 0; pass < passes; pass += 1) {
    // What the last pass had begun is over.
    await sleep(100);
    Object.assign(counted, { queries: 0, writes: 0 });
    const cpu = process.cpuUsage();
    const begin = performance.now();
    const looked = driver.looked(rows.length);
    reconciler.wake();
    await looked;
    const { user, system } = process.cpuUsage(cpu);
    results.push({
      ms: performance.now() - begin,
      cpuMs: (user + system) / 1000,
      ...counted,
    });
  }
  stopped.abort();
  await running;
  await knex.destroy();
  process.stdout.write(JSON.stringify(results));
}

main().catch(error => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
});
