import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  LogLine,
  RunnerStatus,
} from '@model-platform/plugin-model-platform-common';
import {
  DeploymentDriver,
  DeploymentRef,
  DesiredRevision,
  DesiredRoute,
  LogOptions,
  LogSource,
  ObservedDeployment,
  RunnerRef,
  WorkloadTokens,
} from '@model-platform/plugin-model-platform-node';

type Change = 'apply' | 'switchOff' | 'remove';
type Question = 'observe' | 'list';

/** An engine without processes: what it is told is so at once, but for what is held up. */
export class MemoryDriver implements DeploymentDriver {
  readonly name: string;

  readonly scalesToZero?: boolean;

  readyTimeoutMs?: number;

  readonly workloadTokens?: WorkloadTokens;

  /** Routes in force, by endpoint. */
  readonly routes = new Map<string, DesiredRoute>();

  /** Changes that were begun, as `remove churn`. */
  readonly begun: string[] = [];

  /** Calls that are held up, as `observe churn`. */
  readonly waiting = new Set<string>();

  /** Of each variant, beside its first runner, which is ready. */
  spares: Array<RunnerStatus['phase']> = [];

  /** A revision whose runners go on starting. */
  unready?: number;

  private readonly applied = new Map<string, Map<number, DesiredRevision>>();

  private readonly held = new Map<Change | Question, Promise<void>>();

  /** What such calls fail with, after a while. */
  readonly failing = new Map<
    Change | Question,
    { afterMs: number; message: string; name?: string }
  >();

  constructor(
    options: Partial<
      Pick<
        DeploymentDriver,
        'name' | 'scalesToZero' | 'readyTimeoutMs' | 'workloadTokens'
      >
    > = {},
  ) {
    this.name = options.name ?? 'local';
    this.readyTimeoutMs = options.readyTimeoutMs;
    this.scalesToZero = options.scalesToZero;
    this.workloadTokens = options.workloadTokens;
  }

  /** From now on such calls take until the answer is called. */
  hold(call: Change | Question): () => void {
    let goOn: () => void = () => {};
    this.held.set(
      call,
      new Promise(resolve => {
        goOn = resolve;
      }),
    );
    return () => {
      this.held.delete(call);
      goOn();
    };
  }

  async unavailable() {
    return undefined;
  }

  async apply(desired: DesiredRevision): Promise<void> {
    const { ref, revision } = desired;
    if (this.applied.get(ref.name)?.has(revision)) return;
    await this.begin('apply', ref);
    const revisions = this.applied.get(ref.name) ?? new Map();
    this.applied.set(ref.name, revisions.set(revision, desired));
  }

  async observe(ref: DeploymentRef): Promise<ObservedDeployment> {
    await this.go('observe', ref.name);
    const route = this.routes.get(ref.name);
    const revisions = [...(this.applied.get(ref.name)?.values() ?? [])];
    return {
      runners: revisions.flatMap(({ revision, variants }) =>
        variants.flatMap(({ name, version }) =>
          [
            revision === this.unready
              ? ('starting' as const)
              : ('ready' as const),
            ...this.spares,
          ].map((phase, index) => ({
            id: `${ref.name}--r${revision}-${name}-${index}`,
            variant: name,
            version: version.number,
            revision,
            phase,
            restarts: 0,
          })),
        ),
      ),
      routedRevision: route?.variants.length ? route.revision : undefined,
      routeDigest: route && this.routeDigest(ref, route),
      url: `http://localhost/${ref.name}`,
    };
  }

  routeDigest(ref: DeploymentRef, route: DesiredRoute): string {
    return createHash('sha256')
      .update(JSON.stringify([ref.name, route]))
      .digest('hex');
  }

  async route(ref: DeploymentRef, route: DesiredRoute): Promise<void> {
    this.routes.set(ref.name, route);
  }

  async switchOff(ref: DeploymentRef, route: DesiredRoute): Promise<void> {
    this.routes.set(ref.name, route);
    await this.begin('switchOff', ref);
    this.applied.delete(ref.name);
  }

  async release(
    ref: DeploymentRef,
    { keep, newest }: { keep: number[]; newest: number },
  ): Promise<void> {
    const revisions = this.applied.get(ref.name);
    for (const number of revisions?.keys() ?? [])
      if (!keep.includes(number) && number <= newest) revisions?.delete(number);
  }

  async remove(ref: DeploymentRef): Promise<void> {
    this.routes.delete(ref.name);
    await this.begin('remove', ref);
    this.applied.delete(ref.name);
  }

  async list(): Promise<string[]> {
    await this.held.get('list');
    return [...this.applied.keys()];
  }

  logs(_ref: RunnerRef, _options: LogOptions): AsyncIterable<LogLine> {
    return Readable.from([]);
  }

  async logSources(): Promise<LogSource[]> {
    return [];
  }

  async scrapeTargets() {
    return [];
  }

  private async begin(change: Change, { name }: DeploymentRef): Promise<void> {
    this.begun.push(`${change} ${name}`);
    await this.go(change, name);
  }

  private async go(call: Change | Question, name: string): Promise<void> {
    const held = this.held.get(call);
    if (held) {
      this.waiting.add(`${call} ${name}`);
      await held;
      this.waiting.delete(`${call} ${name}`);
    }
    const failing = this.failing.get(call);
    if (failing) {
      await sleep(failing.afterMs);
      throw Object.assign(new Error(failing.message), {
        name: failing.name ?? 'Error',
      });
    }
  }
}
