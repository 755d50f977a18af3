import { isDeepStrictEqual } from 'node:util';
import { MetricTrigger } from '@model-platform/plugin-model-platform-common';
import { LRUCache } from 'lru-cache';
import { canonicalJson } from '../../canonicalJson';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { CanaryFigures } from '../canary/CanaryFigures';
import { aimOf } from '../canary/canaryOf';
import {
  millisecondsOf,
  OVER,
  Reading,
  stepMetricTrigger,
} from './stepMetricTrigger';
import { TriggerStates } from './TriggerStates';

/** Figures are collected no more often than this. */
const READ_EVERY_MS = 5_000;
/** What was counted longer ago, or before what is looked back on, says nothing of now. */
const STALE_MS = 120_000;

/** What the triggers of a deployment say now. */
export interface MetricVerdict {
  states: TriggerStates['metrics'];
  /** Those that act now, with their reason in words. */
  acting: Array<{ trigger: MetricTrigger; reason: string }>;
  /** Why nothing new is to be made by itself for now, in words. */
  held: string[];
}

/** Reads the figures that triggers look at. */
export class MetricTriggers {
  private readonly readAt = new LRUCache<string, number>({ max: 10_000 });

  /** Told of once, until it can be read again. */
  private readonly unreadable = new LRUCache<string, true>({ max: 10_000 });

  constructor(
    private readonly options: {
      figures: () => CanaryFigures | undefined;
      clock: () => Date;
      onUnreadable?: (deployment: DeploymentRecord, error: unknown) => void;
    },
  ) {}

  /** Of a deployment that is wholly where it is to be; what is under way says nothing yet. */
  async look(
    deployment: DeploymentRecord,
    states: TriggerStates,
    servesSince: Date | undefined,
  ): Promise<MetricVerdict> {
    const triggers = (deployment.spec.triggers ?? []).flatMap(
      ({ onMetric }) => onMetric ?? [],
    );
    const verdict: MetricVerdict = { states: {}, acting: [], held: [] };
    const now = this.options.clock();
    const isDue = this.isDue(deployment, now);
    for (const trigger of triggers) {
      const key = canonicalJson(trigger);
      const before = states.metrics[key];
      const reading =
        isDue && servesSince
          ? await this.tryToRead(deployment, trigger, servesSince, now)
          : undefined;
      if (!reading) {
        if (before) verdict.states[key] = before;
      } else {
        const { state, acts } = stepMetricTrigger(
          trigger,
          before,
          reading,
          now,
        );
        verdict.states[key] = state;
        if (acts)
          verdict.acting.push({ trigger, reason: describe(trigger, reading) });
      }
      const state = verdict.states[key];
      if (trigger.action === 'hold' && state?.actingSince)
        verdict.held.push(
          `${boundOf(trigger)} since ${state.beyondSince ?? state.actingSince}`,
        );
    }
    if (isDeepStrictEqual(verdict.states, states.metrics))
      verdict.states = states.metrics;
    return verdict;
  }

  private isDue({ id }: DeploymentRecord, now: Date): boolean {
    const last = this.readAt.get(id);
    if (last !== undefined && now.getTime() - last < READ_EVERY_MS)
      return false;
    this.readAt.set(id, now.getTime());
    return true;
  }

  /** A store of figures that is out of reach keeps no deployment from what else is to be done. */
  private async tryToRead(
    ...[deployment, trigger, servesSince, now]: Parameters<
      MetricTriggers['read']
    >
  ): ReturnType<MetricTriggers['read']> {
    try {
      const read = await this.read(deployment, trigger, servesSince, now);
      this.unreadable.delete(deployment.id);
      return read;
    } catch (error) {
      if (!this.unreadable.has(deployment.id)) {
        this.unreadable.set(deployment.id, true);
        this.options.onUnreadable?.(deployment, error);
      }
      return undefined;
    }
  }

  private async read(
    deployment: DeploymentRecord,
    trigger: MetricTrigger,
    servesSince: Date,
    now: Date,
  ): Promise<Reading | undefined> {
    const { name, system, environment, servingRevision } = deployment;
    const figures = this.options.figures();
    const revision = aimOf(deployment);
    if (!figures || revision === undefined || servingRevision !== revision)
      return undefined;
    const { metric, quantile, variant, minCalls = 1 } = trigger;
    const overMs = millisecondsOf(trigger.over ?? OVER);
    // What is not counted yet is not known to be none.
    const end = await figures.completeUntil({
      endpoint: name,
      system,
      environment,
    });
    const isStale =
      !end || now.getTime() - end.getTime() > Math.max(overMs, STALE_MS);
    if (isStale || end < servesSince) return { revision, value: undefined };
    const start = end.getTime() - overMs;
    const read = await figures.read({
      endpoint: name,
      environment,
      revisions: [revision],
      variant,
      metric: { metric, quantile },
      start: new Date(Math.max(start, servesSince.getTime())),
      end,
    });
    const { value, calls } = read.get(revision) ?? { calls: 0 };
    // Too few calls say something of calls alone.
    if (metric === 'calls') return { revision, value: calls };
    return calls >= minCalls && value !== undefined
      ? { revision, value }
      : { revision, value: undefined, isSilent: true };
  }
}

function boundOf({ metric, variant, above, below }: MetricTrigger): string {
  return `${metric}${variant === undefined ? '' : ` of ${variant}`} is ${
    above === undefined ? `below ${below}` : `above ${above}`
  }`;
}

function describe(trigger: MetricTrigger, { value }: Reading): string {
  return `${boundOf(trigger)} for ${trigger.for} (now ${Number(
    value?.toPrecision(4),
  )})`;
}
