import { setTimeout as sleep } from 'node:timers/promises';
import { LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { CanaryFigures } from '../canary/CanaryFigures';
import { Announce } from '../changes/Announce';
import { Deployments } from '../Deployments';
import { Environments } from '../environments/Environments';
import { LeaderLease } from '../lease/LeaderLease';
import { DeployableModels } from '../models/DeployableModels';
import { Rollout } from '../rollout/Rollout';
import { RolloutOutcome } from '../rollout/RolloutOutcome';
import { statusOf } from '../status/statusOf';
import { ChangedMeanwhileError } from '../store/ChangedMeanwhileError';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { EngineWork } from './EngineWork';
import { Leftovers } from './Leftovers';
import { StatusKeeper } from './StatusKeeper';

/** How soon a deployment that needs nothing is looked at again. */
const STEADY_MS = 3_000;
/** The same while something of it starts, drains or is being switched. */
const PROGRESSING_MS = 300;
const TOGETHER_MS = 250;
const MIN_PAUSE_MS = 20;
/** What other portals have made is seen after so long. */
const MAX_PAUSE_MS = 1_000;
const LEFTOVERS_MS = 15_000;
const MAX_BACKOFF_MS = 15_000;

interface Attempt {
  /** When it is due, milliseconds. */
  at: number;
  failures: number;
}

export interface ReconcilerOptions {
  store: DeploymentStore;
  deployments: Deployments;
  models: DeployableModels;
  environments: Environments;
  lease: LeaderLease;
  /** How revisions did, for the analysis of canaries. */
  figures: CanaryFigures;
  logger: LoggerService;
  announce: Announce;
  /** Something moved that is nothing to act on: pages show it. */
  progressed: () => void;
  /** How long a revision may take until its runners are ready, milliseconds; what each driver says where absent. */
  readyTimeoutMs?: number;
}

/**
 * Compares what is wanted with what is there and makes it so, again and again:
 * it may be killed at any line and goes on where things are. Events only make
 * it look sooner. Each deployment is by itself: one that is slow or fails holds
 * up no other. Only the process that holds the lease works.
 */
export class Reconciler {
  private readonly attempts = new Map<string, Attempt>();

  /** Of each driver; of no driver where an environment has none any more. */
  private readonly engines = new Map<
    DeploymentDriver | undefined,
    EngineWork
  >();

  private readonly rollout: Rollout;

  private readonly statuses: StatusKeeper;

  private readonly leftovers: Leftovers;

  /** Those that somebody has changed: their route first. */
  private readonly changed = new Set<string>();

  private readonly refreshing = new Map<string, Promise<void>>();

  /** Those whose look has begun. */
  private readonly begun = new Set<string>();

  /** All of them as seen last, by id. */
  private records = new Map<string, DeploymentRecord>();

  /** State of what is wanted, as seen last, by id: what other portals were told moves it. */
  private readonly seen = new Map<string, string>();

  private leftoversAt = 0;

  private wakeUp: (() => void) | undefined;

  private woken = false;

  constructor(private readonly options: ReconcilerOptions) {
    this.statuses = new StatusKeeper(options);
    this.leftovers = new Leftovers({
      ...options,
      onRemoved: () => this.wakeUp?.(),
    });
    this.rollout = new Rollout({
      ...options,
      revisions: options.deployments.revisions,
      lookAgain: name => this.lookAgain(name),
    });
  }

  /** Looks at a deployment at once, or at all of them. */
  wake(name?: string): void {
    if (name === undefined) {
      this.attempts.clear();
      this.wakeUpNow();
    } else {
      this.lookAgain(name);
    }
  }

  private lookAgain(name: string): void {
    this.setDue(name);
    this.wakeUpNow();
  }

  /** However soon: what has failed so often goes on being tried less and less. */
  private setDue(name: string): void {
    const failures = this.attempts.get(name)?.failures ?? 0;
    this.attempts.set(name, { at: 0, failures });
  }

  private wakeUpNow(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  /** Works until the signal; resolves once nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const stop = () => this.wakeUp?.();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        this.woken = false;
        if (await this.lookAround(signal, underWay)) {
          await this.pause(signal);
        } else {
          // Whatever wakes it: nothing is to be done here, or nothing can be.
          await sleep(MAX_PAUSE_MS, undefined, { signal }).catch(() => {});
        }
      }
      // What lists leftovers begins to remove them.
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await Promise.allSettled(this.refreshing.values());
      await this.rollout.ended();
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Answers false where another portal leads, or the database does not answer. */
  private async lookAround(
    signal: AbortSignal,
    underWay: Set<Promise<void>>,
  ): Promise<boolean> {
    try {
      const fencing = await this.options.lease.hold();
      if (fencing === undefined) {
        // All of it is the leader's; who leads later looks at everything.
        this.attempts.clear();
        this.changed.clear();
        this.seen.clear();
        this.leftovers.forgetAll();
        return false;
      }
      await this.pass(fencing, signal, underWay);
      return true;
    } catch (error) {
      this.options.logger.error(`Deployments could not be looked at: ${error}`);
      return false;
    }
  }

  private async pass(
    fencing: number,
    signal: AbortSignal,
    underWay: Set<Promise<void>>,
  ) {
    const now = Date.now();
    if (now >= this.leftoversAt) {
      this.leftoversAt = now + LEFTOVERS_MS;
      for (const driver of this.options.environments.drivers())
        this.leftovers.remove(driver, this.engineBy(driver), fencing, underWay);
    }
    const records = await this.options.store.all();
    this.records = new Map(records.map(record => [record.id, record]));
    const names = new Set(records.map(record => record.name));
    this.noticeChanges(records);
    for (const name of this.attempts.keys()) {
      if (!names.has(name)) {
        this.attempts.delete(name);
      }
    }
    this.leftovers.keepOnly(this.records);
    for (const name of this.changed) {
      if (!names.has(name)) this.changed.delete(name);
    }
    for (const record of records) {
      this.refreshFirst(record, fencing);
      const due = this.attempts.get(record.name)?.at ?? 0;
      const engine = this.engineOf(record);
      if (due > now || engine.inFlight.has(record.name)) {
        continue;
      }
      engine.inFlight.add(record.name);
      const work = engine
        .looks(async () => {
          this.begun.add(record.name);
          await this.refreshing.get(record.name);
          // It may have changed, or be gone, since its look began to wait.
          const newest = this.records.get(record.id);
          if (newest) await this.attend(newest, fencing, signal);
        })
        .finally(() => {
          engine.inFlight.delete(record.name);
          this.begun.delete(record.name);
          underWay.delete(work);
          // It was asked for again meanwhile.
          if (!this.attempts.get(record.name)?.at) this.woken = true;
          this.wakeUp?.();
        });
      underWay.add(work);
    }
  }

  private engineOf({ environment }: DeploymentRecord): EngineWork {
    return this.engineBy(this.options.environments.findDriver(environment));
  }

  private engineBy(driver: DeploymentDriver | undefined): EngineWork {
    const known = this.engines.get(driver);
    if (known) return known;
    const made = new EngineWork();
    this.engines.set(driver, made);
    return made;
  }

  /**
   * What any portal was told is as if it was told here. Counted by the database,
   * so that no clock has a say in it.
   */
  private noticeChanges(records: DeploymentRecord[]): void {
    const before = new Map(this.seen);
    this.seen.clear();
    for (const { id, name, changes, tokenChanges } of records) {
      const state = `${changes}/${tokenChanges}`;
      this.seen.set(id, state);
      if (before.get(id) === state) continue;
      this.setDue(name);
      // One that is new here has its look first of all.
      if (before.has(id)) this.changed.add(name);
    }
  }

  /**
   * A token that was revoked is refused at once, however many looks wait for
   * their turn. Never beside a look of the same deployment, which may be moving
   * its traffic.
   */
  private refreshFirst(record: DeploymentRecord, fencing: number): void {
    const { name } = record;
    if (
      !this.changed.has(name) ||
      this.begun.has(name) ||
      this.refreshing.has(name)
    ) {
      return;
    }
    this.changed.delete(name);
    this.refreshing.set(
      name,
      this.engineOf(record)
        .quickly(() => this.rollout.refresh(record, fencing))
        .finally(() => this.refreshing.delete(name)),
    );
  }

  /** One look at one deployment; never rejects. */
  private async attend(
    seen: DeploymentRecord,
    fencing: number,
    signal: AbortSignal,
  ): Promise<void> {
    // Noted before, so that a change during this look is not forgotten by it.
    const before: Attempt = this.attempts.get(seen.name) ?? {
      at: 0,
      failures: 0,
    };
    this.attempts.set(seen.name, before);
    let next: Attempt;
    let record = seen;
    let { drift } = seen;
    try {
      if (!seen.deleting && (!seen.off || seen.waitingRequest !== undefined)) {
        ({ record, drift } = await this.options.deployments.follow(
          seen,
          fencing,
        ));
      }
      const outcome = await this.rollout.step(record, fencing, signal);
      if (outcome) {
        await this.save(record, outcome, { fencing, drift });
      }
      next = outcome?.error
        ? this.afterFailure(seen.name, before, outcome.error)
        : { at: nextLook(outcome), failures: 0 };
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (error instanceof ChangedMeanwhileError) {
        // No fault of the deployment: what it is now is looked at at once.
        this.attempts.delete(seen.name);
        return;
      }
      const reason = isError(error) ? error : new Error(String(error));
      next = this.afterFailure(seen.name, before, reason);
      await this.save(
        record,
        { error: reason, settled: false },
        { fencing, drift },
      ).catch(failed => {
        // It is looked at as it is now.
        if (failed instanceof ChangedMeanwhileError) return;
        this.options.logger.error(
          `The state of ${seen.name} could not be kept: ${failed}`,
        );
      });
    }
    if (this.attempts.get(seen.name) === before) {
      this.attempts.set(seen.name, next);
    }
  }

  /** Tried again, less and less. */
  private afterFailure(
    deployment: string,
    before: Attempt,
    { message }: Error,
  ): Attempt {
    const failures = before.failures + 1;
    const delay =
      Math.min(MAX_BACKOFF_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
    this.options.logger.warn(`Deployment ${deployment}: ${message}`, {
      deployment,
    });
    return { at: Date.now() + delay, failures };
  }

  private async save(
    record: DeploymentRecord,
    outcome: RolloutOutcome,
    { fencing, drift }: { fencing: number; drift: string[] },
  ): Promise<void> {
    const status = statusOf(record, outcome, { now: new Date(), drift });
    this.leftovers.note(record, outcome, status);
    await this.statuses.save(record, status, fencing);
  }

  /** Until something is due, or someone wakes it; each pass reads all deployments. */
  private async pause(signal: AbortSignal): Promise<void> {
    const latest = Date.now() + MAX_PAUSE_MS;
    // At least once: where nothing can be done about what is due, it stays due.
    do {
      if (signal.aborted || this.woken) {
        return;
      }
      const soonest = this.soonest(latest);
      await new Promise<void>(resolve => {
        const timer = setTimeout(
          resolve,
          Math.max(soonest - Date.now(), MIN_PAUSE_MS),
        );
        // Also by work that has ended: what it was for may be due before all others.
        this.wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wakeUp = undefined;
    } while (this.soonest(latest) > Date.now());
  }

  private soonest(latest: number): number {
    const dues = [...this.records.values()]
      .filter(record => !this.engineOf(record).inFlight.has(record.name))
      .map(({ name }) => this.attempts.get(name)?.at ?? 0);
    return Math.min(latest, ...dues);
  }
}

/** When a deployment is looked at again that nothing wakes before. */
function nextLook(outcome: RolloutOutcome | undefined): number {
  const now = Date.now();
  if (!outcome?.settled) {
    return now + PROGRESSING_MS;
  }
  const { lookAgainAt = 0 } = outcome;
  // Together with others, so that one pass is for many.
  const steady = Math.ceil((now + STEADY_MS) / TOGETHER_MS) * TOGETHER_MS;
  return lookAgainAt > now ? Math.min(steady, lookAgainAt) : steady;
}
