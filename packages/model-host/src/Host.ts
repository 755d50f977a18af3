import { createHash } from 'node:crypto';
import {
  canonicalTrafficPlan,
  GatewayRoute,
  HostPlan,
  HostState,
  isOvertaken,
  RunnerSpec,
  TrafficPlan,
  Upstream,
} from '@model-platform/model-wire';
import { Counter, Registry } from 'prom-client';
import { Confinement } from './confinement/Confinement';
import { DataFolder } from './DataFolder';
import { GATEWAY_ID, GatewayProcess } from './GatewayProcess';
import { HostError } from './HostError';
import { HostSettings } from './HostSettings';
import { pause } from './pause';
import { PlanFile } from './PlanFile';
import { nodePrograms, purposeOf, Runner } from './Runner';
import { ReplicaSets } from './ReplicaSets';
import { StateFile } from './StateFile';
import { takeOver } from './Supervisor';

/** Of a host that ends: all of it must be over within 5 s. */
const FINAL_RUNNER_MS = 1_500;
/** How long the gateway's routes wait for runners of an earlier host to be recognised. */
const SETTLE_TIMEOUT_MS = 5_000;
/** How often the gateway is asked what its calls are like. */
const LOAD_MS = 1_000;
const PUSH_TIMEOUT_MS = 10_000;
const LABEL_NAMES = [
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
];

export type HostLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

/** A runner on its way out, with all before it of the same id. */
interface Leaving {
  /** Once nothing is left of it. */
  gone: Promise<void>;
  /** It has this time from now on, and no longer; settles once it has ended. */
  hurry(timeoutMs: number): Promise<unknown>;
}

/** Keeps gateway and runners as the plan says, with or without those who made it. */
export class Host {
  readonly #settings: HostSettings;
  readonly #folder: DataFolder;
  readonly #log: HostLog;
  readonly #plan: PlanFile;
  readonly #state: StateFile;
  readonly #gateway: GatewayProcess;
  readonly #confinement: Confinement;
  readonly #runners = new Map<string, Runner>();
  /** Runners on their way out, by id; a successor of the same id waits for them. */
  readonly #leaving = new Map<string, Leaving>();
  readonly #registry = new Registry();
  /** Runners that come and go with their calls. */
  readonly #sets: ReplicaSets;
  #settle: () => void = () => {};
  #isPushDue = false;
  #isStopping = false;

  private constructor(
    settings: HostSettings,
    folder: DataFolder,
    log: HostLog,
  ) {
    this.#settings = settings;
    this.#folder = folder;
    this.#log = log;
    this.#confinement = Confinement.detect(
      settings,
      folder,
      nodePrograms(),
      message => log('warn', message),
    );
    const { level, ownUser, summary, reasons } = this.#confinement.state;
    const isOpen = level === 'none' || (level === 'user' && !ownUser);
    log(isOpen ? 'warn' : 'info', summary, { reasons });
    this.#plan = PlanFile.open(folder.planFile);
    this.#sets = new ReplicaSets(settings.scaleDownMs);
    this.#state = StateFile.open(folder.stateFile, (message, reason) =>
      log('warn', message, { reason }),
    );
    this.#gateway = new GatewayProcess({
      settings,
      folder,
      state: this.#state,
      routes: () => this.#routes(),
      settled: new Promise(resolve => {
        this.#settle = resolve;
      }),
      onEnd: reason => {
        if (!this.#isStopping) {
          log('error', `the gateway ended: ${reason}`);
        }
      },
    });
    this.#countRestarts();
  }

  /** Takes over what still runs, ends what is not wanted any more, starts the rest. */
  static start(settings: HostSettings, folder: DataFolder, log: HostLog): Host {
    const host = new Host(settings, folder, log);
    const wanted = Object.values(host.#plan.deployments).flatMap(
      ({ runners }) => runners,
    );
    host.#putSets(wanted);
    const wantedIds = new Set(wanted.map(({ id }) => id));
    for (const [id, record] of host.#state.processes()) {
      if (id !== GATEWAY_ID && !wantedIds.has(id)) {
        const watched = takeOver(record);
        const gone = (
          watched?.end(record.drainMs ?? settings.drainTimeoutMs) ??
          Promise.resolve()
        ).then(() => host.#state.forget(id));
        host.#leave(id, gone, async timeoutMs => watched?.end(timeoutMs));
      }
    }
    for (const id of host.#confinement.groups?.ids() ?? []) {
      if (!wantedIds.has(id)) {
        const gone = host.#leaving.get(id)?.gone ?? Promise.resolve();
        host.#leave(
          id,
          gone.then(() => host.#confinement.groups?.remove(id)),
          async () => {},
        );
      }
    }
    host.#gateway.start();
    for (const spec of wanted) {
      if (host.#sets.isNeeded(spec)) {
        host.#add(spec);
      }
    }
    void host.#scale();
    void Promise.race([
      Promise.all(Array.from(host.#runners.values(), ({ settled }) => settled)),
      pause(SETTLE_TIMEOUT_MS),
    ]).then(host.#settle);
    return host;
  }

  /** @param endpoint - whose deployment it is about; all of them where absent */
  state(endpoint?: string): HostState {
    const wanted = this.#wanted(endpoint);
    const deployments: HostState['deployments'] = {};
    for (const [name, { route: planned }] of Object.entries(wanted)) {
      const route = this.#gateway.route(name);
      deployments[name] = {
        runners: [],
        routedRevision: planned?.variants.length ? route?.revision : undefined,
        routeHash: route?.hash,
      };
    }
    for (const runner of this.#runnersOf(endpoint)) {
      if (!this.#isScaledDown(runner.spec)) {
        const { state } = runner;
        deployments[state.endpoint] ??= { runners: [] };
        deployments[state.endpoint].runners.push(
          this.#isWaking(runner)
            ? { ...state, phase: 'asleep', url: undefined, secret: undefined }
            : state,
        );
      }
    }
    for (const spec of Object.values(wanted).flatMap(
      ({ runners }) => runners,
    )) {
      if (this.#isScaledDown(spec)) {
        const { id, variant, version, revision, interpreter, isShadow } = spec;
        deployments[spec.endpoint].runners.push({
          // What still drains has something to tell.
          ...(this.#runners.get(id)?.state ?? {
            id,
            endpoint: spec.endpoint,
            variant,
            version,
            revision,
            restarts: 0,
            interpreter,
            isShadow,
          }),
          phase: 'asleep',
        });
      }
    }
    const { python, pythonPath, pythonUnavailable } = this.#settings;
    return {
      pid: process.pid,
      gateway: this.#gateway.state,
      deployments,
      pythonPath,
      confinement: this.#confinement.state,
      unavailableRuntimes: python ? {} : { python: pythonUnavailable },
    };
  }

  async metrics(): Promise<{ contentType: string; text: string }> {
    return {
      contentType: this.#registry.contentType,
      text: await this.#registry.metrics(),
    };
  }

  /**
   * To be called right before each change: what a leader asked for that was
   * followed by another one is not done any more.
   *
   * @throws HostError 412
   */
  fence(fencing: number | undefined): void {
    const seen = this.#plan.fencing ?? -1;
    if (fencing === undefined || fencing === seen) {
      return;
    }
    if (isOvertaken(fencing, seen)) {
      throw HostError.fenced(seen, fencing);
    }
    this.#plan.setFencing(fencing);
  }

  /** These shall run; others of the endpoint stay. @throws HostError 400 */
  putRunners(endpoint: string, specs: RunnerSpec[]): void {
    const fields: HostError['fields'] = [];
    const seen = new Set<string>();
    for (const [index, spec] of specs.entries()) {
      if (spec.endpoint !== endpoint) {
        fields.push({
          path: `runners.${index}.endpoint`,
          message: `must be '${endpoint}'`,
        });
      }
      if (seen.has(spec.id)) {
        fields.push({ path: `runners.${index}.id`, message: 'is there twice' });
      }
      seen.add(spec.id);
      const other = this.#runners.get(spec.id);
      if (other && !other.isRetired && other.spec.endpoint !== endpoint) {
        fields.push({
          path: `runners.${index}.id`,
          message: `is a runner of endpoint '${other.spec.endpoint}'`,
        });
      }
    }
    if (fields.length > 0) {
      throw HostError.input('These runners cannot be started', fields);
    }
    const deployment = this.#plan.deployment(endpoint);
    const others = (deployment?.runners ?? []).filter(
      ({ id }) => !seen.has(id),
    );
    this.#plan.set(endpoint, { ...deployment, runners: [...others, ...specs] });
    this.#putSets(specs);
    for (const spec of specs) {
      const current = this.#runners.get(spec.id);
      if (!this.#sets.isNeeded(spec)) {
        continue;
      }
      if (
        current &&
        !current.isRetired &&
        current.purpose === purposeOf(spec)
      ) {
        current.resume();
        continue;
      }
      if (current && !current.isRetired) {
        // Its successor waits for it. What goes wrong over it has been logged by then.
        this.#retire(current, this.#settings.drainTimeoutMs).catch(() => {});
      } else {
        // What it still waits for has been long enough: the endpoint waits for its successor.
        this.#leaving
          .get(spec.id)
          ?.hurry(this.#settings.drainTimeoutMs)
          .catch(() => {});
      }
      this.#add(spec);
    }
  }

  /**
   * @throws HostError 409 if a variant would have no runner that is ready, 503
   *   if the gateway is not there to take it; it gets it when it is back
   */
  async putRoute(endpoint: string, plan: TrafficPlan): Promise<void> {
    const deployment =
      this.#plan.deployment(endpoint) ??
      (plan.variants.length === 0 ? { runners: [] } : undefined);
    if (plan.endpoint !== endpoint) {
      throw HostError.input('This plan is of another endpoint', [
        { path: 'endpoint', message: `must be '${endpoint}'` },
      ]);
    }
    if (!deployment) {
      throw HostError.conflict(
        `There are no runners of endpoint '${endpoint}' yet`,
      );
    }
    this.#requireReady(deployment.runners, plan, deployment.route);
    this.#plan.set(endpoint, { ...deployment, route: plan });
    this.#runnersOf(endpoint).forEach(runner => this.#allowCalls(runner));
    const hash = createHash('sha256')
      .update(canonicalTrafficPlan(plan))
      .digest('hex');
    const deadline = Date.now() + PUSH_TIMEOUT_MS;
    while (Date.now() < deadline && !this.#isStopping) {
      await this.#gateway.push();
      const wanted = this.#plan.deployment(endpoint)?.route;
      if (wanted !== plan || this.#gateway.route(endpoint)?.hash === hash) {
        return;
      }
      await pause(50);
    }
    const { message } = this.#gateway.state;
    throw HostError.unavailable(
      `The gateway is not there to take the plan${
        message ? ` (${message})` : ''
      }; it gets it when it is back`,
    );
  }

  /** Drains and stops all runners of the endpoint but these. @throws HostError 409 if the route names another one */
  async release(endpoint: string, keep: string[]): Promise<void> {
    const deployment = this.#plan.deployment(endpoint);
    const routed = (deployment?.route?.variants ?? []).flatMap(
      ({ runners }) => runners,
    );
    const released = this.#runnersOf(endpoint).filter(
      ({ spec }) => !keep.includes(spec.id),
    );
    const busy = released.filter(({ spec }) => routed.includes(spec.id));
    if (busy.length > 0) {
      throw HostError.conflict(
        `The route of '${endpoint}' still names ${busy
          .map(({ spec }) => spec.id)
          .join(', ')}; move it first`,
      );
    }
    if (deployment) {
      this.#plan.set(endpoint, {
        ...deployment,
        runners: deployment.runners.filter(({ id }) => keep.includes(id)),
      });
    }
    this.#sets.delete(
      spec => spec.endpoint === endpoint && !keep.includes(spec.id),
    );
    await Promise.all(released.map(runner => this.#retire(runner)));
  }

  /** The route goes first, then the runners. */
  async remove(endpoint: string): Promise<void> {
    this.#plan.delete(endpoint);
    this.#sets.delete(spec => spec.endpoint === endpoint);
    await this.#gateway.push();
    await Promise.all(
      this.#runnersOf(endpoint).map(runner => this.#retire(runner)),
    );
  }

  /** Ends gateway and runners, within 5 s. The plan stays for the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#gateway.stop();
    await Promise.all([
      ...Array.from(this.#runners.values(), runner =>
        runner.retire({ timeoutMs: FINAL_RUNNER_MS }),
      ),
      ...Array.from(this.#leaving.values(), async ({ gone, hurry }) => {
        await hurry(FINAL_RUNNER_MS);
        await gone;
      }),
    ]);
    this.#confinement.groups?.removeAll();
  }

  #requireReady(
    runners: RunnerSpec[],
    plan: TrafficPlan,
    routed: TrafficPlan | undefined,
  ): void {
    const known = new Set(runners.map(({ id }) => id));
    const asleep = new Set(
      runners
        .filter(spec => !this.#sets.isSpare(spec) && this.#sleeps(spec))
        .map(({ id }) => id),
    );
    for (const variant of plan.variants) {
      for (const id of variant.runners) {
        if (!known.has(id)) {
          throw HostError.conflict(
            `Variant '${variant.name}' names ${id}, which is not to run here`,
          );
        }
      }
      const before = routed?.variants.find(
        ({ name, runners: ids }) =>
          name === variant.name && ids.some(id => variant.runners.includes(id)),
      );
      const isIdle = variant.weight === 0 && variant.runners.length === 0;
      // Runners that have the traffic already may be down just now: a revoked token must not wait for them.
      if (
        !before &&
        !isIdle &&
        !variant.runners.some(
          id => this.#runners.get(id)?.isReady || asleep.has(id),
        )
      ) {
        const reasons = variant.runners.map(id => {
          const state = this.#runners.get(id)?.state;
          return `${id} is ${state?.phase ?? 'gone'}${
            state?.message ? ` (${state.message})` : ''
          }`;
        });
        throw HostError.conflict(
          `Variant '${variant.name}' has no runner that is ready${
            reasons.length ? `: ${reasons.join(', ')}` : ''
          }`,
        );
      }
    }
  }

  /** Of this endpoint; all where absent. */
  #wanted(endpoint: string | undefined): HostPlan['deployments'] {
    if (endpoint === undefined) {
      return this.#plan.deployments;
    }
    const deployment = this.#plan.deployment(endpoint);
    return deployment ? { [endpoint]: deployment } : {};
  }

  /** The same of those that are here. */
  #runnersOf(endpoint: string | undefined): Runner[] {
    const runners = [...this.#runners.values()];
    return endpoint === undefined
      ? runners
      : runners.filter(({ spec }) => spec.endpoint === endpoint);
  }

  #putSets(specs: RunnerSpec[]): void {
    this.#sets.put(specs, {
      running: set => {
        const last = set.findLastIndex(({ id }) => this.#state.process(id));
        const routed = set.some(spec => this.#isRouted(spec));
        // A revision without traffic shows first that it starts.
        return Math.max(last + 1, routed ? 0 : 1);
      },
    });
  }

  #isRouted({ endpoint, id }: RunnerSpec): boolean {
    const route = this.#plan.deployment(endpoint)?.route;
    return route?.variants.some(({ runners }) => runners.includes(id)) ?? false;
  }

  /** It starts because calls need it, and has not failed: as good as asleep, for calls are held or have others. */
  #isWaking({ spec, state }: Runner): boolean {
    return (
      state.phase === 'starting' &&
      (this.#sets.isSpare(spec) ||
        (spec.scaling?.min === 0 && this.#isRouted(spec)))
    );
  }

  /** It runs only if it is called, or is just about to. */
  #sleeps(spec: RunnerSpec): boolean {
    const runner = this.#runners.get(spec.id);
    return (
      this.#isScaledDown(spec) ||
      (runner !== undefined && this.#isWaking(runner))
    );
  }

  /** It is to run here, but not needed just now. */
  #isScaledDown(spec: RunnerSpec): boolean {
    return (
      !this.#sets.isNeeded(spec) &&
      (this.#plan
        .deployment(spec.endpoint)
        ?.runners.some(({ id }) => id === spec.id) ??
        false)
    );
  }

  /** As many runners as calls need, as long as the host runs. */
  async #scale(): Promise<void> {
    let seen = -1;
    while (!this.#isStopping) {
      const load = this.#sets.isEmpty
        ? undefined
        : await this.#gateway.load(seen, LOAD_MS);
      if (!load) {
        await pause(LOAD_MS);
        continue;
      }
      seen = load.held;
      const specs = this.#sets.read(load, {
        isRouted: spec => this.#isRouted(spec),
      });
      for (const spec of this.#isStopping ? [] : specs) {
        this.#fit(spec);
      }
    }
  }

  /** Starts it, or lets it finish what it has and end. */
  #fit(spec: RunnerSpec): void {
    const current = this.#runners.get(spec.id);
    const runs = current !== undefined && !current.isRetired;
    const isNeeded = this.#sets.isNeeded(spec);
    if (isNeeded === (runs && !current.isResting)) {
      return;
    }
    this.#log('info', `runner ${spec.id} is ${isNeeded ? '' : 'not '}needed`, {
      runner: spec.id,
    });
    if (isNeeded && runs) {
      current.resume();
    } else if (isNeeded) {
      this.#add(spec);
    } else if (runs) {
      // What goes wrong over it has been logged by then.
      this.#rest(current).catch(() => {});
    }
  }

  /**
   * Nothing hurries it: it gets no more calls, and ends when those that it has
   * are answered, however long they take, unless it is needed again.
   */
  async #rest(runner: Runner): Promise<void> {
    const isOver = runner.rest();
    await this.#gateway.push();
    await this.#gateway.drained(runner.spec.id, isOver);
    if (!isOver.aborted) {
      await this.#retire(runner);
    }
  }

  #add(spec: RunnerSpec): void {
    const runner = new Runner({
      spec,
      settings: this.#settings,
      folder: this.#folder,
      state: this.#state,
      confinement: this.#confinement,
      onChange: () => this.#pushSoon(),
      onEnd: reason =>
        this.#log('warn', `runner ${spec.id}: ${reason}`, { runner: spec.id }),
    });
    this.#runners.set(spec.id, runner);
    this.#allowCalls(runner);
    runner.start(this.#leaving.get(spec.id)?.gone);
  }

  /** Its calls may take as long as its route gives them, even once another route has come. */
  #allowCalls(runner: Runner): void {
    const { endpoint } = runner.spec;
    const route = this.#plan.deployment(endpoint)?.route;
    if (route && this.#isRouted(runner.spec)) {
      runner.allowCalls(route.limits.timeoutMs);
    }
  }

  /** @param drainMs - what its calls get at the gateway, and again in itself, milliseconds */
  async #retire(runner: Runner, drainMs = runner.drainMs): Promise<void> {
    const { id } = runner.spec;
    if (runner.isRetired) {
      await this.#leaving.get(id)?.gone;
      return;
    }
    const record = this.#state.process(id);
    if (record) {
      this.#state.setProcess(id, { ...record, drainMs });
    }
    const gone = runner
      .retire({
        drained: async () => {
          await this.#gateway.push();
          await this.#gateway.drained(id, AbortSignal.timeout(drainMs));
        },
        timeoutMs: drainMs,
      })
      .then(() => {
        this.#state.forget(id);
        if (this.#runners.get(id) === runner) {
          this.#runners.delete(id);
        }
      });
    this.#leave(id, gone, timeoutMs => runner.retire({ timeoutMs }));
    await gone;
  }

  #leave(id: string, ended: Promise<void>, hurry: Leaving['hurry']): void {
    const before = this.#leaving.get(id);
    const leaving: Leaving = {
      gone: ended
        .catch((error: Error) =>
          this.#log(
            'error',
            `runner ${id} could not be ended: ${error.message}`,
          ),
        )
        .then(() => {
          if (this.#leaving.get(id) === leaving) {
            this.#leaving.delete(id);
          }
        }),
      hurry: timeoutMs =>
        Promise.all([before?.hurry(timeoutMs), hurry(timeoutMs)]),
    };
    this.#leaving.set(id, leaving);
  }

  #pushSoon(): void {
    if (this.#isPushDue || this.#isStopping) {
      return;
    }
    this.#isPushDue = true;
    setImmediate(() => {
      this.#isPushDue = false;
      this.#gateway.push().catch(() => {});
    });
  }

  #routes(): GatewayRoute[] {
    const routes: GatewayRoute[] = [];
    for (const { route } of Object.values(this.#plan.deployments)) {
      if (route) {
        const upstreams: Record<string, Upstream> = {};
        for (const id of route.variants.flatMap(({ runners }) => runners)) {
          const upstream = this.#runners.get(id)?.upstream;
          if (upstream) {
            upstreams[id] = upstream;
          }
        }
        routes.push({ ...route, upstreams });
      }
    }
    return routes;
  }

  #countRestarts(): void {
    const runners = () => this.#runners.values();
    const counter = new Counter({
      name: 'model_runner_restarts_total',
      help: 'Unexpected ends of runners, each followed by a new start',
      labelNames: LABEL_NAMES,
      registers: [],
      collect() {
        this.reset();
        for (const runner of runners()) {
          this.inc(runner.labels, runner.restarts);
        }
      },
    });
    this.#registry.registerMetric(counter);
  }
}
