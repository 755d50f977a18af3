import { setTimeout as sleep } from 'node:timers/promises';
import { DeploymentRef } from '@model-platform/plugin-model-platform-node';
import knexFactory from 'knex';
import { TestModels } from '../../plugins/model-platform-backend/src/deployment/__testUtils__/TestModels';
import { platformActor } from '../../plugins/model-platform-backend/src/deployment/access/DeploymentActor';
import { versionOf } from '../kubernetes/desired';
import { GatewayProcesses } from '../kubernetes/GatewayProcesses';
import { TestCluster } from '../kubernetes/TestCluster';
import { portalOver } from './portalOver';

const { kubeconfig, migrations, count } = JSON.parse(process.argv[2]);
const names: string[] = Array.from(
  { length: count },
  (_, index) => `deployment-${index}`,
);

/** Models of one system, so that one gateway is there for all. */
function models(): TestModels {
  const all = new TestModels();
  for (const name of names) {
    all.add(name, { system: 'crm' });
    all.publish(name, 1, { files: versionOf(1).files });
  }
  return all;
}

/** What the API server was asked since it was asked last, by verb; watches are begun once. */
function take({ proxy }: TestCluster): Record<string, number> {
  const calls: Record<string, number> = {};
  for (const { method, isWatch } of proxy.calls) {
    const verb = isWatch ? 'watch' : method;
    calls[verb] = (calls[verb] ?? 0) + 1;
  }
  proxy.forget();
  return calls;
}

/** Resolves when each deployment was looked at from then on: a look observes twice. */
function watchLooks(driver: {
  observe(ref: DeploymentRef): Promise<unknown>;
}): () => Promise<void> {
  const looks = new Map<string, number>();
  const observe = driver.observe.bind(driver);
  driver.observe = async ref => {
    const observed = await observe(ref);
    looks.set(ref.name, (looks.get(ref.name) ?? 0) + 1);
    return observed;
  };
  return async () => {
    looks.clear();
    while (names.some(name => (looks.get(name) ?? 0) < 2)) await sleep(10);
  };
}

async function main() {
  const cluster = await TestCluster.start({ kubeconfig });
  const knex = knexFactory({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  const stopped = new AbortController();
  let gateway: GatewayProcesses | undefined;
  let running: Promise<void> | undefined;
  try {
    await knex.migrate.latest({ directory: migrations });
    const driver = await cluster.driver();
    const looked = watchLooks(driver);
    const { store, deployments, reconciler } = portalOver({
      ...{ knex, driver, models: models(), exclusive: true },
      environment: 'test',
    });
    const apply = async (name: string) =>
      await deployments.apply(
        name,
        { system: 'crm', environment: 'test', model: name },
        platformActor,
      );
    cluster.proxy.forget();
    const begin = performance.now();
    running = reconciler.run(stopped.signal);
    for (const name of names) await apply(name);
    // Its pod is made with the first of them.
    gateway = await GatewayProcesses.start(cluster, 'models-crm--test');
    for (;;) {
      const all = await store.all();
      if (all.every(({ phase }) => phase === 'Ready')) break;
      await sleep(100);
    }
    const ms = performance.now() - begin;
    // What the last of them had begun is over.
    reconciler.wake();
    await looked();
    const calls = take(cluster);
    const again = performance.now();
    reconciler.wake();
    await looked();
    process.stdout.write(
      JSON.stringify({
        ...{ ms, calls },
        second: { ms: performance.now() - again, calls: take(cluster) },
      }),
    );
  } finally {
    stopped.abort();
    await running;
    await gateway?.stop();
    await cluster.stop();
    await knex.destroy();
  }
}

main().catch(error => {
  process.stderr.write(`${error?.stack ?? error}\n`);
  process.exit(1);
});
