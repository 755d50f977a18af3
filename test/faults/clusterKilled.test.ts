import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { DerivedKeys } from '../../plugins/model-platform-backend-module-kubernetes/src/DerivedKeys';
import {
  ClusterObjects,
  differences,
  ObjectTexts,
} from '../kubernetes/ClusterObjects';
import { Call } from '../kubernetes/ApiProxy';
import { GatewayProcesses } from '../kubernetes/GatewayProcesses';
import { StandInController } from '../kubernetes/StandInController';
import { SECRET_KEY, TestCluster } from '../kubernetes/TestCluster';
import { eventually } from '../platform/Platform';
import { Portal } from '../production/Portal';
import { Production } from '../production/Production';
import { ClusterWalk, Kept } from './ClusterWalk';
import { diceOf, faultRuns, report } from './faultRuns';
import { ConnectionLost } from './RegistryClient';
import { Rollouts } from './Rollouts';

const SUITE = 'portal killed, on a cluster';
const NAMESPACE = 'models-plant-catalogue--test';
const ACCOUNT = 'model-platform';
/** Two machines' work on one. */
const PATIENCE_MS = 300_000;
/** One in so many is killed by the clock, the others by what they write. */
const BY_CLOCK_EVERY = 4;
/** One in so many is killed again when it has been started again. */
const AGAIN_EVERY = 5;

/** Of gateways, whose agents report by leases, and of nodes, who ask elsewhere. */
const isWrite = ({ method, path }: Call) =>
  method !== 'GET' && !path.includes('/leases');

/** What a portal that nobody killed has made of a step. */
interface Undisturbed {
  objects: ObjectTexts;
  kept: Array<Kept | undefined>;
  /** Calls by which it changed the cluster. */
  writes: number;
  ms: number;
}

function spread(all: number[]): string {
  const sorted = all.toSorted((one, other) => one - other);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return `${middle} ms (median), ${sorted.at(-1)} ms (at most)`;
}

/** @throws Error with what is wrong still */
async function withoutProblems(
  what: string,
  look: () => Promise<string[]>,
): Promise<void> {
  let problems: string[] = [];
  await eventually(
    what,
    async () => {
      problems = await look();
      return problems.length === 0;
    },
    PATIENCE_MS,
  ).catch(error => {
    throw new Error(`${error}\n${problems.join('\n')}`);
  });
}

/** Why there can be none here. */
async function lackingForClusters(): Promise<string | undefined> {
  if (process.env.TEST_KUBECONFIG)
    return 'TEST_KUBECONFIG names a cluster of other tests, whose endpoints a portal would remove';
  const { ensureKubernetes } = await import('../services/kubernetes.mjs');
  return (await ensureKubernetes('api')).unavailable;
}

const keys = new DerivedKeys(SECRET_KEY);

/** Of a `Secret` of the service with its name. */
function withoutOwnSecret(key: string, text: string): string {
  const [, namespace, name] = /^Secret (.+)\/(.+)$/.exec(key) ?? [];
  if (!name) return text;
  const own = Buffer.from(keys.runnerSecret(namespace, name));
  return text.replace(own.toString('base64'), 'of the service');
}

test.describe.serial('a portal that rolls out on a cluster', () => {
  let cluster: TestCluster | undefined;
  let production: Production | undefined;
  let controller: StandInController | undefined;
  let gateway: GatewayProcesses | undefined;
  let portal: Portal;
  let objects: ClusterObjects;
  const walk = new ClusterWalk(
    new Rollouts(
      {
        api: async (route, init) =>
          await portal.api(`model-platform/${route}`, production!.token, init),
      },
      'fault-yew',
      'test',
    ),
  );
  const { steps } = walk;
  const undisturbed: Undisturbed[] = [];
  const kills = { byWrite: 0, byClock: 0, atRest: 0, again: 0 };
  const took: number[] = [];
  const starts: number[] = [];

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    const lacking = await lackingForClusters();
    // CI never skips: without its services these fail there.
    test.skip(lacking !== undefined && !process.env.CI, lacking);
    cluster = await TestCluster.start();
    controller = new StandInController(cluster.config);
    const { podMonitorKind } = await import(
      '../services/kubernetes/podMonitorKind.mjs'
    );
    await cluster.define(await podMonitorKind());
    objects = await eventually('monitors are known', async () => {
      const found = await ClusterObjects.of(cluster!);
      return found.kinds.includes('PodMonitor') && found;
    });
    production = new Production({
      actions: ['read', 'publish', 'deploy'],
      settings: await settings(),
    });
    const unavailable = await production.start();
    test.skip(Boolean(unavailable) && !process.env.CI, unavailable);
    portal = await production.startPortal();
    const dice = diceOf(SUITE, 0);
    const { rollouts } = walk;
    const versions = [1, 2, 3].map(() => rollouts.newVersion(dice));
    await production.awaitOrganisation(portal, versions[0]);
    for (const version of versions) await rollouts.client.publish(version);
  });

  test.afterAll(async () => {
    test.setTimeout(300_000);
    await gateway?.stop();
    await production?.stop();
    await controller?.stop();
    await cluster?.stop();
    report(
      SUITE,
      `${undisturbed.length} steps of ${undisturbed.map(
        ({ writes }) => writes,
      )} writes; ${took.length} of them with ${
        kills.byWrite
      } kills after a write, ${kills.byClock} by the clock, ${
        kills.atRest
      } at rest, ${
        kills.again
      } while it went on; all as if nobody had been killed after ${spread(
        took,
      )}, of which a start took ${spread(starts)}`,
    );
  });

  async function settings(): Promise<object> {
    return {
      deployments: { leaseSeconds: 3 },
      kubernetes: {
        kubeconfig: await cluster!.kubeconfigOf(ACCOUNT, ACCOUNT),
        secretKey: SECRET_KEY,
        images: {
          platform: 'registry.example.org/platform:1',
          python: 'registry.example.org/python:1',
        },
      },
      environments: [
        {
          name: 'test',
          driver: 'kubernetes',
          kubernetes: {
            url: 'https://models.example.org',
            route: { gateways: [{ name: 'public', namespace: 'gateways' }] },
            gateway: { replicas: { min: 1, max: 2 } },
            resources: { cpu: '100m', memory: '128Mi' },
            artifacts: {
              bucket: 'models',
              credentials: { accessKeyId: 'reader', secretAccessKey: 'key' },
            },
            collector: {
              namespaceLabels: { 'kubernetes.io/metadata.name': 'monitoring' },
            },
          },
        },
      ],
    };
  }

  /** As where nothing of the platform has ever been; its gateway is started with the first pod of it. */
  async function begin(): Promise<void> {
    const { core } = cluster!;
    await gateway?.stop();
    gateway = undefined;
    await core
      .deleteNamespace({ name: NAMESPACE })
      .catch(error => expect(error.code).toBe(404));
    await withoutProblems('nothing is there', async () => [
      ...(await objects.texts()).keys(),
    ]);
    // Tokens are good for an hour.
    await cluster!.kubeconfigOf(ACCOUNT, ACCOUNT);
    await walk.begin();
  }

  /** With the namespace's first pod of it, which may be made only after a kill. */
  async function startGateway(): Promise<void> {
    gateway = await GatewayProcesses.start(cluster!, NAMESPACE, PATIENCE_MS);
  }

  /** As in any round: names are part of the digest by which gateways know a route, and of the secrets of runners. */
  async function texts(): Promise<ObjectTexts> {
    const inAny = (text: string) =>
      walk
        .inAny(text)
        .replace(/(\\"digest\\":\\")[0-9a-f]{64}\\"/, '$1of the route\\"');
    const found = await objects.texts();
    return new Map(
      [...found].map(([key, text]) => [
        inAny(key),
        inAny(withoutOwnSecret(key, text)),
      ]),
    );
  }

  /** What is not yet as a step ends, where nobody was before to compare with. */
  async function leftAfter(step: (typeof steps)[number]): Promise<string[]> {
    const problems = await walk.problemsAfter(step);
    if (problems.length > 0) return problems;
    for (const role of ['steps', 'shared'] as const) {
      const there = await objects.revisionsOf(walk.nameOf(role));
      if (String(there) !== String(step.ends[role]?.there ?? []))
        problems.push(`of ${role} revisions ${there} are there`);
    }
    return problems;
  }

  /** What is not as it was where nobody was killed. */
  async function problemsAfter(index: number): Promise<string[]> {
    const said = await walk.problemsAfter(steps[index]);
    // Not all of a cluster is read while the platform itself says that it is not done.
    return said.length > 0
      ? said
      : differences(await texts(), undisturbed[index].objects);
  }

  async function restart(): Promise<void> {
    const began = Date.now();
    portal = await production!.startPortal();
    starts.push(Date.now() - began);
  }

  /** Does the work of a step until the portal is killed. @returns false where the step has ended before */
  async function untilKilled(
    index: number,
    at: { afterWrites?: number; afterMs?: number },
  ): Promise<boolean> {
    let left = at.afterWrites;
    cluster!.proxy.answered = call => {
      if (left === undefined || !isWrite(call)) return;
      left -= 1;
      // The cluster has it, and the portal does not know.
      if (left === 0) portal.child.kill('SIGKILL');
    };
    const working = walk.steps[index].work().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (at.afterMs === undefined) {
      await withoutProblems('it is killed, or all is done', async () =>
        portal.hasEnded
          ? []
          : await problemsAfter(index).catch(error => [String(error)]),
      );
    } else {
      await sleep(at.afterMs);
      portal.child.kill('SIGKILL');
      await portal.ended();
    }
    cluster!.proxy.answered = undefined;
    const problem = await working;
    expect([undefined, ConnectionLost]).toContain(
      (problem as Error | undefined)?.constructor,
    );
    // All may have been done in the same moment.
    if (portal.child.killed) await portal.ended();
    return portal.hasEnded;
  }

  for (const [index, step] of steps.entries()) {
    test(`nobody is killed: ${step.title}`, async () => {
      if (index === 0) await begin();
      const began = Date.now();
      let writes = 0;
      cluster!.proxy.answered = call => {
        if (isWrite(call)) writes += 1;
      };
      const starting = index === 0 ? startGateway() : undefined;
      await step.work();
      await starting;
      await withoutProblems('it is done, and nothing else is there', () =>
        leftAfter(step),
      );
      cluster!.proxy.answered = undefined;
      undisturbed.push({
        objects: await texts(),
        kept: await walk.kept(),
        writes,
        ms: Date.now() - began,
      });
    });
  }

  for (let run = 1; run <= faultRuns; run += 1) {
    const index = (run - 1) % steps.length;
    test(`run ${run}: ${steps[index].title}`, async () => {
      const dice = diceOf(SUITE, run);
      const { writes, ms, kept } = undisturbed[index];
      if (index === 0) await begin();
      const starting = index === 0 ? startGateway() : undefined;
      const isByClock = run % BY_CLOCK_EVERY === 0;
      const isKilled = await untilKilled(
        index,
        isByClock
          ? { afterMs: dice.whole(0, ms) }
          : { afterWrites: dice.whole(1, writes) },
      );
      if (!isKilled) {
        kills.atRest += 1;
        portal.child.kill('SIGKILL');
        await portal.ended();
      } else if (isByClock) kills.byClock += 1;
      else kills.byWrite += 1;
      const killedAt = Date.now();
      await restart();
      if (
        run % AGAIN_EVERY === 0 &&
        (await untilKilled(index, { afterWrites: dice.whole(1, writes) }))
      ) {
        kills.again += 1;
        await restart();
      }
      await steps[index].work();
      await starting;
      await withoutProblems('all is as if nobody had been killed', () =>
        problemsAfter(index),
      );
      took.push(Date.now() - killedAt);
      expect(await walk.kept()).toEqual(kept);
    });
  }
});
