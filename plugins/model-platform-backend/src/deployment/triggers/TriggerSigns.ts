import { isDeepStrictEqual } from 'node:util';
import { ConflictError, InputError, NotAllowedError } from '@backstage/errors';
import { DeploymentTrigger } from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { platformActor } from '../access/DeploymentActor';
import { aimOf } from '../canary/canaryOf';
import { Announce } from '../changes/Announce';
import { Resolution } from '../revisions/RevisionResolver';
import { RevisionRecord } from '../revisions/RevisionStore';
import { ChangedMeanwhileError } from '../store/ChangedMeanwhileError';
import { DeploymentStore, DesiredChange } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { isSame } from './isSame';
import { MetricTriggers } from './MetricTriggers';
import { nextRun } from './nextRun';
import { RolledBack, TriggerStates } from './TriggerStates';

/** What times and figures say of a deployment. */
export interface Signs {
  states: TriggerStates;
  /** Schedules that are due, in words. */
  due: string[];
  /** Why nothing new is to be made by itself. */
  held: string[];
  /** What is not to be made again by itself. */
  rolledBackFrom?: RolledBack;
}

export interface TriggerSignsOptions {
  store: DeploymentStore;
  metrics: MetricTriggers;
  clock: () => Date;
  announce: Announce;
  /**
   * To the revision that served before, and with what triggers remember of it;
   * throws `ChangedMeanwhileError` where this record is not what there is.
   */
  rollback: (
    deployment: DeploymentRecord,
    reason: string,
    triggerStates: DesiredChange['triggerStates'],
  ) => Promise<DeploymentRecord>;
}

/** Reads what the times and figures say that triggers look at. */
export class TriggerSigns {
  constructor(private readonly options: TriggerSignsOptions) {}

  /** What schedules and figures say; what figures ask for is done at once. */
  async read(
    deployment: DeploymentRecord,
    { variants, problems }: Resolution,
  ): Promise<Signs | { changed: DeploymentRecord }> {
    const triggers = deployment.spec.triggers ?? [];
    if (!triggers.some(({ schedule, onMetric }) => schedule ?? onMetric)) {
      return { states: { metrics: {}, schedules: {} }, due: [], held: [] };
    }
    const { store, metrics, clock } = this.options;
    const before = await store.triggerStates.get(deployment.id);
    const aim = aimOf(deployment);
    const current =
      aim === undefined
        ? undefined
        : await store.revisions.get(deployment.id, aim);
    const verdict = await metrics.look(
      deployment,
      before,
      current?.firstServedAt ? new Date(current.firstServedAt) : undefined,
    );
    const { due, schedules } = lookAtSchedules(triggers, before, clock());
    const states: TriggerStates = {
      ...before,
      metrics: verdict.states,
      // A run is seen once what it asks for is kept.
      schedules: due.length > 0 ? before.schedules : schedules,
    };
    const rolledBack = before.rolledBackFrom;
    if (
      rolledBack &&
      problems.length === 0 &&
      !isSame(rolledBack.variants, variants)
    )
      delete states.rolledBackFrom;
    const reasons = verdict.acting.flatMap(({ trigger, reason }) =>
      trigger.action === 'rollback' ? [reason] : [],
    );
    const changed =
      current && reasons.length > 0
        ? await this.rollBack(deployment, reasons.join('; '), {
            states,
            current,
          })
        : undefined;
    for (const { trigger, reason } of verdict.acting) {
      if (trigger.action === 'rollback') continue;
      const action = trigger.action === 'hold' ? 'held' : 'notified';
      await this.tell(deployment, action, reason);
    }
    if (changed) return { changed };
    if (!isDeepStrictEqual(states, before))
      await store.triggerStates.save(deployment.id, states);
    return {
      states: { ...states, schedules },
      due,
      held: verdict.held,
      rolledBackFrom: states.rolledBackFrom,
    };
  }

  /** Undefined where it cannot be done, which is told. Any other failure is thrown: the next look tries again. */
  private async rollBack(
    deployment: DeploymentRecord,
    reason: string,
    { states, current }: { states: TriggerStates; current: RevisionRecord },
  ): Promise<DeploymentRecord | undefined> {
    const { rolledBackTo } = states;
    if (rolledBackTo !== undefined && current.number === rolledBackTo) {
      await this.tell(
        deployment,
        'not-rolled-back',
        `${reason}; revision ${rolledBackTo} was rolled back to already, so going back is no cure`,
      );
      return undefined;
    }
    try {
      // In one transaction: who is killed in between would go back and forth.
      return await this.options.rollback(deployment, reason, made => ({
        ...states,
        rolledBackTo: made,
        rolledBackFrom: contentOf(current),
      }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.tell(
        deployment,
        'not-rolled-back',
        `${reason}; ${error.message}`,
      );
      return undefined;
    }
  }

  private async tell(
    deployment: DeploymentRecord,
    action: 'held' | 'notified' | 'not-rolled-back',
    reason: string,
  ): Promise<void> {
    await this.options.store.addHistory(deployment, {
      actor: platformActor.name,
      action,
      reason,
    });
    this.options.announce(deployment, 'alerted');
  }
}

function contentOf({
  number,
  variants,
  resources,
  traffic,
}: RevisionRecord): RolledBack {
  return { number, variants, resources, traffic };
}

function lookAtSchedules(
  triggers: DeploymentTrigger[],
  before: TriggerStates,
  now: Date,
) {
  const due: string[] = [];
  const schedules: Record<string, string> = {};
  for (const { schedule } of triggers) {
    if (!schedule) continue;
    const key = canonicalJson(schedule);
    const seen = before.schedules[key];
    const next =
      seen === undefined ? undefined : nextRun(schedule, new Date(seen));
    const isDue = next !== undefined && next <= now;
    if (isDue)
      due.push(
        `Schedule ${schedule.cron} (${
          schedule.timezone ?? 'UTC'
        }) of ${next.toISOString()}`,
      );
    schedules[key] = isDue || seen === undefined ? now.toISOString() : seen;
  }
  return { due, schedules };
}

/** What another attempt would meet as well. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof InputError ||
    error instanceof NotAllowedError ||
    (error instanceof ConflictError &&
      !(error instanceof ChangedMeanwhileError))
  );
}
