import {
  Deployment,
  DeploymentSpec,
  HistoryEntry,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { Refused } from './RegistryClient';
import { Rollouts } from './Rollouts';

const STEPS = 'walk-steps';
const SHARED = 'walk-shared';

/** How far a deployment is to come. */
interface End {
  phase: Deployment['phase'];
  /** That is wanted now. */
  revision: number;
  /** All that anything is there of. */
  there: number[];
}

/** Something that teams do, and where it leads; undefined where a deployment is gone. */
interface WalkStep {
  title: string;
  /** May be cut off, and done again: what was done before changes nothing. */
  work(): Promise<unknown>;
  ends: Record<typeof STEPS | typeof SHARED, End | undefined>;
}

/** What a platform has kept of a deployment, as far as it is the same whenever the same is done. */
export interface Kept {
  revisions: object[];
  history: object[];
}

/**
 * Two deployments from their beginning to their end, by all that can be done to
 * them. It can be gone again: the same names, versions and revisions.
 */
export class ClusterWalk {
  static readonly endpoints = [STEPS, SHARED] as const;

  constructor(readonly rollouts: Rollouts) {}

  /** Where it begins. */
  async prepare(): Promise<void> {
    await this.rollouts.moveAlias('champion', 1);
  }

  readonly steps: WalkStep[] = [
    {
      title: 'both are deployed',
      work: () =>
        both(
          this.rollouts.deploy(STEPS, {
            variants: [{ name: 'main', version: { alias: 'champion' } }],
            triggers: [{ onAlias: { alias: 'champion' } }],
            strategy: {
              type: 'canary',
              steps: [
                { weight: 20, pause: '1s' },
                { weight: 60, waitForPerson: true },
              ],
            },
            resources: { replicas: { min: 1, max: 3 } },
          }),
          this.share(60),
        ),
      ends: {
        [STEPS]: { phase: 'Ready', revision: 1, there: [1] },
        [SHARED]: { phase: 'Ready', revision: 1, there: [1] },
      },
    },
    {
      title: 'a new version goes by steps, weights are moved',
      work: () => both(this.rollouts.moveAlias('champion', 2), this.share(25)),
      ends: {
        [STEPS]: { phase: 'Canary', revision: 2, there: [1, 2] },
        [SHARED]: { phase: 'Ready', revision: 2, there: [2] },
      },
    },
    {
      title: 'the canary is promoted, the other one scaled up',
      work: () =>
        both(
          this.once(STEPS, 'promoted', () =>
            this.rollouts.say(STEPS, 'promote'),
          ),
          this.share(25, { min: 2, max: 2 }),
        ),
      ends: {
        [STEPS]: { phase: 'Ready', revision: 2, there: [2] },
        [SHARED]: { phase: 'Ready', revision: 3, there: [3] },
      },
    },
    {
      title: 'one more version goes by steps, the other one is switched off',
      work: () =>
        both(this.rollouts.moveAlias('champion', 3), this.switchOff(true)),
      ends: {
        [STEPS]: { phase: 'Canary', revision: 3, there: [2, 3] },
        [SHARED]: { phase: 'Off', revision: 3, there: [] },
      },
    },
    {
      title: 'the canary is aborted, the other one switched on',
      work: () =>
        both(
          this.once(STEPS, 'aborted', () => this.rollouts.say(STEPS, 'abort')),
          this.switchOff(false),
        ),
      ends: {
        [STEPS]: { phase: 'Degraded', revision: 3, there: [2] },
        [SHARED]: { phase: 'Ready', revision: 3, there: [3] },
      },
    },
    {
      title: 'one is rolled back, of the other one a variant promoted',
      work: () =>
        both(
          this.once(STEPS, 'rolled-back', () =>
            this.rollouts.say(STEPS, 'rollback', { revision: 1 }),
          ),
          this.once(SHARED, 'promoted', () =>
            this.rollouts.say(SHARED, 'promote', { variant: 'next' }),
          ),
        ),
      ends: {
        [STEPS]: { phase: 'Ready', revision: 4, there: [4] },
        [SHARED]: { phase: 'Ready', revision: 4, there: [4] },
      },
    },
    {
      title:
        'the rollback is lifted, the other one rolled back and scaled down',
      work: () =>
        both(
          this.rollouts.lift(STEPS),
          this.once(SHARED, 'rolled-back', () =>
            this.rollouts.say(SHARED, 'rollback', { revision: 1 }),
          ),
        ),
      ends: {
        [STEPS]: { phase: 'Canary', revision: 5, there: [4, 5] },
        [SHARED]: { phase: 'Ready', revision: 5, there: [5] },
      },
    },
    {
      title: 'the last step is let go on, the other one configured anew',
      work: () =>
        both(
          this.once(STEPS, 'resumed', () => this.rollouts.say(STEPS, 'resume')),
          this.rollouts.deploy(SHARED, {
            variants: [{ name: 'main', version: { number: 3 } }],
            resources: { cpu: '250m', replicas: { min: 1, max: 2 } },
          }),
        ),
      ends: {
        [STEPS]: { phase: 'Ready', revision: 5, there: [5] },
        [SHARED]: { phase: 'Ready', revision: 6, there: [6] },
      },
    },
    {
      title: 'one is deleted, the other one given less time',
      work: () =>
        both(
          this.delete(STEPS),
          this.rollouts.deploy(SHARED, {
            variants: [{ name: 'main', version: { number: 3 } }],
            resources: { timeoutSeconds: 20 },
          }),
        ),
      ends: {
        [STEPS]: undefined,
        [SHARED]: { phase: 'Ready', revision: 7, there: [7] },
      },
    },
    {
      title: 'the other one is deleted',
      work: () => this.delete(SHARED),
      ends: { [STEPS]: undefined, [SHARED]: undefined },
    },
  ];

  /** What the platform says that is not as this step ends. */
  async problemsAfter(step: WalkStep): Promise<string[]> {
    const problems: string[] = [];
    for (const name of ClusterWalk.endpoints) {
      const end = step.ends[name];
      const found = await this.find(name);
      const { phase, revision, servingRevision, canary, runners } = found ?? {};
      const said = found && {
        phase,
        revision: revision?.number,
        there: numbers(runners?.map(one => one.revision) ?? []),
      };
      if (JSON.stringify(said) !== JSON.stringify(end))
        problems.push(
          `${name} is ${JSON.stringify(said)}, not ${JSON.stringify(end)}`,
        );
      if (end?.phase === 'Canary' && canary?.waitsFor !== 'person')
        problems.push(`the canary of ${name} waits for ${canary?.waitsFor}`);
      if (end?.phase === 'Ready' && servingRevision !== end.revision)
        problems.push(`${name} serves ${servingRevision}`);
    }
    return problems;
  }

  async kept(): Promise<Record<string, Kept | undefined>> {
    const kept: Record<string, Kept | undefined> = {};
    for (const name of ClusterWalk.endpoints)
      kept[name] = (await this.find(name)) && {
        revisions: (await this.rollouts.revisions(name)).map(lasting),
        history: (await this.rollouts.history(name)).map(lasting),
      };
    return kept;
  }

  private async share(
    weight: number,
    replicas = { min: 1, max: 1 },
  ): Promise<void> {
    const strategy: DeploymentSpec['strategy'] = {
      type: 'weighted',
      stickyBy: 'header:x-customer-id',
    };
    await this.rollouts.deploy(SHARED, {
      strategy,
      resources: { replicas },
      variants: [
        { name: 'main', version: { number: 1 }, weight },
        { name: 'next', version: { number: 2 }, weight: 100 - weight },
      ],
    });
  }

  private async switchOff(off: boolean): Promise<void> {
    await this.rollouts.client.send('POST', `v1/deployments/${SHARED}/off`, {
      off,
    });
  }

  private async delete(name: string): Promise<void> {
    if (await this.find(name))
      await this.rollouts.client.send('DELETE', `v1/deployments/${name}`);
  }

  /** What would be done twice, or refused, when it is said again: each is said once in the life of a deployment. */
  private async once(
    name: string,
    action: string,
    say: () => Promise<void>,
  ): Promise<void> {
    const told = await this.rollouts.history(name);
    if (!told.some(entry => entry.action === action)) await say();
  }

  private async find(name: string): Promise<Deployment | undefined> {
    try {
      return await this.rollouts.get(name);
    } catch (error) {
      if (error instanceof Refused && error.status === 404) return undefined;
      throw error;
    }
  }
}

/** Rejects as the first that has, once none is under way any more. */
async function both(...works: Array<Promise<void>>): Promise<void> {
  for (const outcome of await Promise.allSettled(works))
    if (outcome.status === 'rejected') throw outcome.reason;
}

const numbers = (all: number[]) =>
  [...new Set(all)].sort((one, other) => one - other);

/** Without what is another one each time. */
function lasting(entry: Revision | HistoryEntry): object {
  const text = JSON.stringify({ ...entry, id: undefined });
  return JSON.parse(text.replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"a time"'));
}
