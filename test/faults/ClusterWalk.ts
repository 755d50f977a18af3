import {
  Deployment,
  DeploymentSpec,
  HistoryEntry,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { Refused } from './RegistryClient';
import { Rollouts } from './Rollouts';

type Role = 'steps' | 'shared';

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
  ends: Record<Role, End | undefined>;
}

/** What a platform has kept of a deployment, as far as it is the same whenever the same is done. */
export interface Kept {
  /** Newest first. */
  revisions: unknown[];
  /** In the order of their texts, for two things at a time have none; without how it was on the way. */
  history: unknown[];
}

/**
 * Two deployments from their beginning to their end, by all that can be done to
 * them. It can be walked again and again: by other names, for a name goes on
 * with its numbers, with the same versions and revisions.
 */
export class ClusterWalk {
  private round = 0;

  constructor(readonly rollouts: Rollouts) {}

  /** Where it begins. */
  async begin(): Promise<void> {
    this.round += 1;
    await this.rollouts.moveAlias('champion', 1);
  }

  /** Of a deployment. */
  nameOf(role: Role): string {
    return `walk-${this.round}-${role}`;
  }

  /** As it is in every round. */
  inAny(text: string): string {
    return text.replaceAll(`walk-${this.round}-`, 'walk-');
  }

  readonly steps: WalkStep[] = [
    {
      title: 'both are deployed',
      work: () =>
        both(
          this.rollouts.deploy(this.nameOf('steps'), {
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
        steps: { phase: 'Ready', revision: 1, there: [1] },
        shared: { phase: 'Ready', revision: 1, there: [1] },
      },
    },
    {
      title: 'a new version goes by steps, weights are moved',
      work: () => both(this.rollouts.moveAlias('champion', 2), this.share(25)),
      ends: {
        steps: { phase: 'Canary', revision: 2, there: [1, 2] },
        shared: { phase: 'Ready', revision: 2, there: [2] },
      },
    },
    {
      title: 'the canary is promoted, the other one scaled up',
      work: () =>
        both(
          this.once('steps', 'promoted', 'promote'),
          this.share(25, { min: 2, max: 2 }),
        ),
      ends: {
        steps: { phase: 'Ready', revision: 2, there: [2] },
        shared: { phase: 'Ready', revision: 3, there: [3] },
      },
    },
    {
      title: 'one more version goes by steps, the other one is switched off',
      work: () =>
        both(this.rollouts.moveAlias('champion', 3), this.switchOff(true)),
      ends: {
        steps: { phase: 'Canary', revision: 3, there: [2, 3] },
        shared: { phase: 'Off', revision: 3, there: [] },
      },
    },
    {
      title: 'the canary is aborted, the other one switched on',
      work: () =>
        both(this.once('steps', 'aborted', 'abort'), this.switchOff(false)),
      ends: {
        steps: { phase: 'Degraded', revision: 3, there: [2] },
        shared: { phase: 'Ready', revision: 3, there: [3] },
      },
    },
    {
      title: 'one is rolled back, of the other one a variant promoted',
      work: () =>
        both(
          this.once('steps', 'rolled-back', 'rollback', { revision: 1 }),
          this.once('shared', 'promoted', 'promote', { variant: 'next' }),
        ),
      ends: {
        steps: { phase: 'Ready', revision: 4, there: [4] },
        shared: { phase: 'Ready', revision: 4, there: [4] },
      },
    },
    {
      title:
        'the rollback is lifted, the other one rolled back and scaled down',
      work: () =>
        both(
          this.rollouts.lift(this.nameOf('steps')),
          this.once('shared', 'rolled-back', 'rollback', { revision: 1 }),
        ),
      ends: {
        steps: { phase: 'Canary', revision: 5, there: [4, 5] },
        shared: { phase: 'Ready', revision: 5, there: [5] },
      },
    },
    {
      title: 'the last step is let go on, the other one configured anew',
      work: () =>
        both(
          this.once('steps', 'resumed', 'resume'),
          this.rollouts.deploy(this.nameOf('shared'), {
            variants: [{ name: 'main', version: { number: 3 } }],
            resources: { cpu: '250m', replicas: { min: 1, max: 2 } },
          }),
        ),
      ends: {
        steps: { phase: 'Ready', revision: 5, there: [5] },
        shared: { phase: 'Ready', revision: 6, there: [6] },
      },
    },
    {
      title: 'one is deleted, the other one given less time',
      work: () =>
        both(
          this.delete('steps'),
          this.rollouts.deploy(this.nameOf('shared'), {
            variants: [{ name: 'main', version: { number: 3 } }],
            resources: { timeoutSeconds: 20 },
          }),
        ),
      ends: {
        steps: undefined,
        shared: { phase: 'Ready', revision: 7, there: [7] },
      },
    },
    {
      title: 'the other one is deleted',
      work: () => this.delete('shared'),
      ends: { steps: undefined, shared: undefined },
    },
  ];

  /** What the platform says that is not as this step ends. */
  async problemsAfter(step: WalkStep): Promise<string[]> {
    const problems: string[] = [];
    for (const role of ['steps', 'shared'] as const) {
      const name = this.nameOf(role);
      const end = step.ends[role];
      const found = await this.find(role);
      const { phase, revision, servingRevision, canary, runners } = found ?? {};
      const said = found && {
        phase,
        revision: revision?.number,
        there: numbers(runners?.map(one => one.revision) ?? []),
      };
      if (JSON.stringify(said) !== JSON.stringify(end))
        problems.push(
          `${name} is ${JSON.stringify(said)}, not ${JSON.stringify(
            end,
          )}: ${JSON.stringify(found?.conditions)}`,
        );
      if (end?.phase === 'Canary' && canary?.waitsFor !== 'person')
        problems.push(`the canary of ${name} waits for ${canary?.waitsFor}`);
      if (end?.phase === 'Ready' && servingRevision !== end.revision)
        problems.push(`${name} serves ${servingRevision}`);
    }
    return problems;
  }

  async kept(): Promise<Array<Kept | undefined>> {
    return [await this.keptOf('steps'), await this.keptOf('shared')];
  }

  private async keptOf(role: Role): Promise<Kept | undefined> {
    if (!(await this.find(role))) return undefined;
    const name = this.nameOf(role);
    const lasting = (entry: Revision | HistoryEntry) =>
      this.inAny(JSON.stringify({ ...entry, id: undefined })).replace(
        /"\d{4}-\d\d-\d\dT[\d:.]+Z"/g,
        '"a time"',
      );
    const revisions = await this.rollouts.revisions(name);
    const history = await this.rollouts.history(name);
    return {
      revisions: revisions.map(lasting).map(text => JSON.parse(text)),
      history: history
        .filter(({ action }) => action !== 'degraded' && action !== 'failed')
        .map(lasting)
        .toSorted()
        .map(text => JSON.parse(text)),
    };
  }

  private async share(
    weight: number,
    replicas = { min: 1, max: 1 },
  ): Promise<void> {
    const strategy: DeploymentSpec['strategy'] = {
      type: 'weighted',
      stickyBy: 'header:x-customer-id',
    };
    await this.rollouts.deploy(this.nameOf('shared'), {
      strategy,
      resources: { replicas },
      variants: [
        { name: 'main', version: { number: 1 }, weight },
        { name: 'next', version: { number: 2 }, weight: 100 - weight },
      ],
    });
  }

  private async switchOff(off: boolean): Promise<void> {
    const name = this.nameOf('shared');
    await this.rollouts.client.send('POST', `v1/deployments/${name}/off`, {
      off,
    });
  }

  /** Nothing where it is gone, or on its way. */
  private async delete(role: Role): Promise<void> {
    const route = `v1/deployments/${this.nameOf(role)}`;
    try {
      await this.rollouts.client.send('DELETE', route);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 404)) throw error;
    }
  }

  /** What would be done twice, or refused, when it is said again: each is said once in the life of a deployment. */
  private async once(
    role: Role,
    action: string,
    ...[say, body]: [Parameters<Rollouts['say']>[1], object?]
  ): Promise<void> {
    const name = this.nameOf(role);
    const told = await this.rollouts.history(name);
    if (!told.some(entry => entry.action === action))
      await this.rollouts.say(name, say, body);
  }

  private async find(role: Role): Promise<Deployment | undefined> {
    try {
      return await this.rollouts.get(this.nameOf(role));
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
