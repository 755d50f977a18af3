import {
  DEFAULT_MAX_BODY_BYTES,
  DesiredRevision,
  DesiredRoute,
  DesiredToken,
  ObservedDeployment,
  replicasOf,
} from '@model-platform/plugin-model-platform-node';
import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import { NotFoundError } from '@backstage/errors';
import { LoggerService } from '@backstage/backend-plugin-api';
import { answers } from './answers';
import { Attention } from './Attention';
import { CanaryAnalyst } from './canary/CanaryAnalyst';
import { CanaryFigures } from './canary/CanaryFigures';
import { aimOf, canaryOf, isCanaried } from './canary/canaryOf';
import { decided, firstStep, nextCanary, whileOff } from './canary/nextCanary';
import { DeployableModels } from './DeployableModels';
import { DeploymentRecord, DeploymentStore } from './DeploymentStore';
import { DesiredRevisions } from './DesiredRevisions';
import { Environments } from './Environments';
import { isRepeatable } from './isRepeatable';
import { KnownRevisions, RevisionContent } from './KnownRevisions';
import { lastWordOf } from './lastWordOf';
import { FencedDriver, fencedDriver } from './fencedDriver';
import { GivenUp } from './GivenUp';
import { givenUpOf } from './givenUpOf';
import { hasOverride } from './overrides/overrides';
import { Preparations } from './Preparations';
import { RolloutOutcome } from './RolloutOutcome';
import { sameContent } from './sameContent';
import { Undertakings } from './Undertakings';

/** Where neither configuration nor the driver says. */
const READY_TIMEOUT_MS = 120_000;

/**
 * Brings one deployment one step nearer to what is wanted, without a failed
 * request: the new revision's runners start beside the old ones; traffic moves
 * once all its variants are ready, at once or by the steps of a canary; then the
 * old ones drain. A revision that does not become ready leaves the old one
 * serving, and is given up.
 */
export class Rollout {
  private readonly desired: DesiredRevisions;

  /** Revision after whose release nothing else was left, by deployment id. */
  private readonly clean = new Map<string, number>();

  /** Draining takes as long as the requests in flight; a revoked token must not wait for it. */
  private readonly releasing = new Map<string, Promise<void>>();

  private readonly preparations: Preparations;

  /** What removes deployments and switches them off: runners go once they have answered. */
  private readonly endings = new Undertakings();

  private readonly attention = new Attention();

  /** Those switched off to the end here: a portal killed on the way leaves what is around runners, without any. */
  private readonly emptied = new Set<string>();

  private readonly analyst: CanaryAnalyst;

  /** Of each record that is being looked at: read once a look. */
  private readonly tokens = new WeakMap<
    DeploymentRecord,
    Promise<DesiredToken[]>
  >();

  constructor(
    private readonly options: {
      store: DeploymentStore;
      models: DeployableModels;
      revisions: KnownRevisions;
      environments: Environments;
      figures: CanaryFigures;
      logger: LoggerService;
      /** Of all engines; what each driver says where absent. */
      readyTimeoutMs?: number;
      /** Asks for a further look at once: something has ended that this one did not wait for. */
      lookAgain: (name: string) => void;
    },
  ) {
    this.preparations = new Preparations(options.lookAgain);
    this.analyst = new CanaryAnalyst(options.figures);
    this.desired = new DesiredRevisions(options.models);
  }

  /** Undefined where nothing is left to have a state, or something of it ends that is waited for. */
  async step(
    record: DeploymentRecord,
    fencing: number,
    signal: AbortSignal,
  ): Promise<RolloutOutcome | undefined> {
    const ref = { name: record.name };
    if (this.isEndingOtherwise(record)) {
      return undefined;
    }
    if (record.deleting || record.off) {
      await this.preparations.endOthers(record.id, []);
    }
    if (record.deleting) {
      const isGone = await this.hasEnded(record, () =>
        this.remove(record, fencing),
      );
      if (isGone) await this.options.store.erase(record.id, fencing);
      return undefined;
    }
    const driver = this.driver(record, fencing);
    let observed = await driver.observe(ref);
    const watchedSince = this.attention.since(record.id);
    if (!record.off) this.emptied.delete(record.id);
    if (record.off) {
      return await this.switchOff(driver, record, observed);
    }
    if (record.revision === undefined) {
      // Its first one waits for gates.
      return { observed, unmade: true, settled: true };
    }
    try {
      observed = await this.refreshRoute(driver, record, observed);
    } catch (error) {
      const routed = observed.routedRevision;
      if (routed === undefined || routed === aimOf(record)) {
        throw error;
      }
      this.logNotKeptUp(record, routed, error);
    }
    const wanted = await this.revision(record, aimOf(record));
    // What the engine says counts; what was noted last may be older than a crash.
    const serving =
      observed.routedRevision ??
      record.servingRevision ??
      canaryOf(record)?.stableRevision;
    const tried = await this.canary(record, wanted, serving);
    const byPerson = tried && decided(tried, record.decision, new Date());
    if (byPerson) {
      return {
        observed,
        serving,
        rolloutStartedAt: record.rolloutStartedAt,
        canary: byPerson,
        settled: false,
      };
    }
    await this.preparations.endOthers(record.id, [
      wanted.number,
      ...(serving === undefined ? [] : [serving]),
    ]);
    if (serving !== undefined && serving !== wanted.number) {
      await this.keepServing(driver, record, serving, observed, signal);
    }
    return await this.rollOut(driver, record, {
      wanted,
      servingBefore: serving,
      tried,
      watchedSince,
      signal,
    });
  }

  /**
   * Only lets callers in by today's tokens: quick, so that it need not wait for
   * what else there is to do. Never rejects: what fails is `step`'s to tell.
   */
  async refresh(record: DeploymentRecord, fencing: number): Promise<void> {
    if (
      record.deleting ||
      record.off ||
      record.revision === undefined ||
      this.isEndingOtherwise(record)
    ) {
      return;
    }
    try {
      const driver = this.driver(record, fencing);
      const observed = await driver.observe({ name: record.name });
      // As another record: the look that comes later reads the tokens of then.
      await this.refreshRoute(driver, { ...record }, observed);
    } catch (error) {
      this.options.logger.debug(
        `Deployment ${record.name}: its route could not be refreshed yet: ${error}`,
      );
    }
  }

  /** Resolves once nothing is under way any more: after its signal was aborted. */
  async ended(): Promise<void> {
    await this.preparations.ended();
    await this.endings.ended();
  }

  private driver(record: DeploymentRecord, fencing: number): FencedDriver {
    return fencedDriver(
      this.options.environments.driver(record.environment),
      fencing,
    );
  }

  /** Of an environment that is not configured any more, wherever anything of it is. */
  private async remove(
    record: DeploymentRecord,
    fencing: number,
  ): Promise<void> {
    const { environments } = this.options;
    const ref = { name: record.name };
    if (environments.has(record.environment)) {
      await this.driver(record, fencing).remove(ref);
      return;
    }
    for (const driver of environments.drivers()) {
      if ((await driver.list()).includes(record.name))
        await fencedDriver(driver, fencing).remove(ref);
    }
  }

  private readyTimeoutMs({ environment }: DeploymentRecord): number {
    const { readyTimeoutMs, environments } = this.options;
    return (
      readyTimeoutMs ??
      environments.findDriver(environment)?.readyTimeoutMs ??
      READY_TIMEOUT_MS
    );
  }

  private isOverdue(record: DeploymentRecord, startedAt: string): boolean {
    return Date.now() - Date.parse(startedAt) > this.readyTimeoutMs(record);
  }

  /** Whether it is still being ended in a way that is not wanted any more: what ends there would take along what begins. */
  private isEndingOtherwise(record: DeploymentRecord): boolean {
    const wanted = endingOf(record);
    const others = (['removed', 'off'] as const)
      .filter(ending => ending !== wanted)
      .map(ending => `${record.id}/${ending}`);
    for (const other of others) this.endings.forget(other);
    return others.some(other => this.endings.isUnderWay(other));
  }

  /** Runners take as long as their calls to go; nobody else's look waits for that. */
  private hasEnded(
    record: DeploymentRecord,
    end: () => Promise<void>,
  ): Promise<boolean> {
    return this.endings.isDone(`${record.id}/${endingOf(record)}`, end, () =>
      this.options.lookAgain(record.name),
    );
  }

  /**
   * What the gateway does now, with today's tokens: whatever holds up the work
   * on runners, a token that was revoked is not good any more.
   */
  private async refreshRoute(
    driver: FencedDriver,
    record: DeploymentRecord,
    observed: ObservedDeployment,
  ): Promise<ObservedDeployment> {
    if (observed.routedRevision === undefined) {
      return observed;
    }
    const ref = { name: record.name };
    const route = await this.routeTo(
      driver,
      record,
      observed.routedRevision,
      observed,
    );
    if (observed.routeDigest === driver.routeDigest(ref, route)) {
      return observed;
    }
    await driver.route(ref, route);
    return await driver.observe(ref);
  }

  private async switchOff(
    driver: FencedDriver,
    record: DeploymentRecord,
    observed: ObservedDeployment,
  ): Promise<RolloutOutcome> {
    const ref = { name: record.name };
    const route: DesiredRoute = {
      revision: record.revision ?? 0,
      environment: record.environment,
      variants: [],
      tokens: await this.liveTokens(record),
    };
    const ending = `${record.id}/off`;
    const canary = whileOff(canaryOf(record));
    if (
      !this.endings.isUnderWay(ending) &&
      observed.routeDigest === driver.routeDigest(ref, route) &&
      !observed.runners.some(isAlive) &&
      this.emptied.has(record.id)
    ) {
      this.endings.forget(ending);
      return { observed, canary, settled: true };
    }
    const isEmpty = await this.hasEnded(record, () =>
      driver.switchOff(ref, route),
    );
    if (isEmpty) this.emptied.add(record.id);
    return { observed: await driver.observe(ref), canary, settled: false };
  }

  private async rollOut(
    driver: FencedDriver,
    record: DeploymentRecord,
    options: {
      wanted: RevisionContent;
      servingBefore: number | undefined;
      /** Where the wanted revision stands, or begins, if it goes by steps. */
      tried: CanaryStatus | undefined;
      watchedSince: Date;
      signal: AbortSignal;
    },
  ): Promise<RolloutOutcome> {
    const { wanted, servingBefore, tried, watchedSince, signal } = options;
    const ref = { name: record.name };
    const desired = await this.desired.get(record, wanted);
    const startedAt = () => record.rolloutStartedAt ?? new Date().toISOString();
    const impossible = await this.whyImpossible(driver, desired);
    if (impossible) {
      return {
        observed: await driver.observe(ref),
        serving: servingBefore,
        rolloutStartedAt: startedAt(),
        impossible,
        settled: true,
      };
    }
    if (!(await this.preparations.isApplied(driver, record, desired, signal))) {
      return {
        observed: await driver.observe(ref),
        serving: servingBefore,
        rolloutStartedAt: record.rolloutStartedAt,
        preparing: true,
        // It was there before, and is made anew; steps have a time of their own.
        overdue:
          !tried &&
          record.rolloutStartedAt !== undefined &&
          this.isOverdue(record, record.rolloutStartedAt),
        settled: false,
      };
    }
    // From here on: files that are fetched and packages that are installed before take their time.
    const rolloutStartedAt = startedAt();
    let observed = await this.refreshRoute(
      driver,
      record,
      await driver.observe(ref),
    );
    let serving = observed.routedRevision ?? servingBefore;
    const switched = observed.routedRevision === wanted.number;
    const isHeld =
      serving !== undefined && hasOverride(record.overrides, 'pause');
    const canary =
      tried && !switched
        ? await this.nextStep(driver, record, {
            ...{ desired, tried, observed, watchedSince },
          })
        : undefined;
    if (!switched && !tried && !isHeld && isReady(desired, observed)) {
      await driver.route(
        ref,
        await this.routeTo(driver, record, wanted.number, observed),
      );
      observed = await driver.observe(ref);
      serving = wanted.number;
    }
    const others = observed.runners.filter(
      runner => runner.revision !== wanted.number && runner.phase !== 'stopped',
    );
    if (observed.routedRevision === wanted.number) {
      if (others.length > 0 || this.clean.get(record.id) !== wanted.number) {
        this.release(driver, record, [wanted.number]);
        if (others.length === 0) {
          this.clean.set(record.id, wanted.number);
        } else {
          this.clean.delete(record.id);
        }
      }
    } else if (
      others.some(runner => runner.revision !== serving && isAlive(runner))
    ) {
      // Revisions that were overtaken before they served.
      this.release(driver, record, [
        wanted.number,
        ...(serving === undefined ? [] : [serving]),
      ]);
    }
    const ready = isReady(desired, observed);
    const done = observed.routedRevision === wanted.number && ready;
    if (canary) {
      return {
        observed,
        serving,
        rolloutStartedAt,
        canary,
        // What has moved on is put in force at once.
        settled: isSameStep(canary, canaryOf(record)),
        lookAgainAt: canary.until ? Date.parse(canary.until) : undefined,
      };
    }
    const isWaiting = isHeld && ready && !done;
    const overdue =
      !done && !isWaiting && this.isOverdue(record, rolloutStartedAt);
    const givenUp =
      overdue && !isHeld
        ? this.givenUp(record, { observed, rolloutStartedAt, watchedSince })
        : undefined;
    return {
      observed,
      serving,
      rolloutStartedAt,
      isReady: ready,
      isHeld: isWaiting,
      overdue: overdue && !givenUp,
      givenUp,
      settled: isWaiting || (done && others.length === 0),
    };
  }

  /** Of the revision that is overdue: once it had its time before somebody's eyes, and another one answers. */
  private givenUp(
    record: DeploymentRecord,
    options: {
      observed: ObservedDeployment;
      rolloutStartedAt: string;
      watchedSince: Date;
    },
  ): GivenUp | undefined {
    const { observed, rolloutStartedAt, watchedSince } = options;
    const { revision } = record;
    const servingRevision = observed.routedRevision;
    const since = [
      rolloutStartedAt,
      watchedSince.toISOString(),
      // Its steps took as long as they took.
      canaryOf(record)?.endedAt,
    ].flatMap(time => time ?? []);
    if (
      revision === undefined ||
      revision !== aimOf(record) ||
      servingRevision === undefined ||
      servingRevision === revision ||
      // Callers do not get there.
      observed.message !== undefined ||
      !answers(observed, servingRevision) ||
      !since.every(time => this.isOverdue(record, time))
    ) {
      return undefined;
    }
    return {
      revision,
      servingRevision,
      runnersSay: lastWordOf(observed, revision),
    };
  }

  /** Where the wanted revision stands, or would begin; undefined where it takes no steps. */
  private async canary(
    record: DeploymentRecord,
    wanted: RevisionContent,
    serving: number | undefined,
  ): Promise<CanaryStatus | undefined> {
    const { strategy } = record;
    if (
      !strategy ||
      !isCanaried(record) ||
      serving === undefined ||
      serving === wanted.number
    ) {
      return undefined;
    }
    const begun = canaryOf(record);
    if (begun) {
      return begun;
    }
    const stable = await this.revision(record, serving);
    return sameContent(stable, wanted)
      ? undefined
      : firstStep(
          {
            revision: wanted.number,
            stableRevision: stable.number,
            stable: stable.variants,
          },
          strategy,
          new Date(),
        );
  }

  /** Undefined until there is a first step. */
  private async nextStep(
    driver: FencedDriver,
    record: DeploymentRecord,
    options: {
      desired: DesiredRevision;
      tried: CanaryStatus;
      observed: ObservedDeployment;
      watchedSince: Date;
    },
  ): Promise<CanaryStatus | undefined> {
    const { desired, tried, observed, watchedSince } = options;
    const { strategy } = record;
    const isPaused = hasOverride(record.overrides, 'pause');
    const ready = isReady(desired, observed);
    if (!strategy || !canaryOf(record)) {
      return ready && !isPaused ? tried : undefined;
    }
    const now = new Date();
    const route = await this.routeTo(
      driver,
      record,
      tried.stableRevision,
      observed,
    );
    return nextCanary(tried, {
      strategy,
      decision: record.decision,
      isPaused,
      isReady: ready,
      runnersSay: lastWordOf(observed, desired.revision),
      isRouted:
        observed.routedRevision === tried.stableRevision &&
        observed.routeDigest ===
          driver.routeDigest({ name: record.name }, route),
      ...(await this.judge(record, tried, now)),
      readyTimeoutMs: this.readyTimeoutMs(record),
      watchedSince,
      now,
    });
  }

  /** Figures that cannot be had are waited for, as long as the canary waits for any. */
  private async judge(
    record: DeploymentRecord,
    tried: CanaryStatus,
    now: Date,
  ) {
    try {
      return await this.analyst.judge(record, tried, record.strategy, now);
    } catch (error) {
      this.options.logger.warn(
        `Deployment ${record.name}: figures of revision ${tried.revision} could not be had: ${error}`,
      );
      return { analysis: tried.analysis };
    }
  }

  /** Keeps the old revision as it should be (runners, tokens) while the new one starts. */
  private async keepServing(
    driver: FencedDriver,
    record: DeploymentRecord,
    number: number,
    observed: ObservedDeployment,
    signal: AbortSignal,
  ): Promise<void> {
    const ref = { name: record.name };
    try {
      const desired = await this.desired.get(
        record,
        await this.revision(record, number),
      );
      const isApplied = await this.preparations.isApplied(
        driver,
        record,
        desired,
        signal,
      );
      if (
        isApplied &&
        observed.routedRevision !== number &&
        isReady(desired, observed)
      ) {
        await driver.route(
          ref,
          await this.routeTo(driver, record, number, observed),
        );
      }
    } catch (error) {
      this.logNotKeptUp(record, number, error);
    }
  }

  /** No reason to end a look: the new revision may be the cure. */
  private logNotKeptUp(
    record: DeploymentRecord,
    revision: number,
    error: unknown,
  ): void {
    this.options.logger.warn(
      `Deployment ${record.name}: revision ${revision} could not be kept up: ${error}`,
    );
  }

  private release(
    driver: FencedDriver,
    record: DeploymentRecord,
    keep: number[],
  ): void {
    if (this.releasing.has(record.id)) {
      return;
    }
    const work = driver
      .release(
        { name: record.name },
        { keep, newest: Math.max(record.revision ?? 0, ...keep) },
      )
      .catch(error =>
        this.options.logger.warn(
          `Deployment ${record.name}: runners no longer wanted could not be stopped: ${error}`,
        ),
      )
      .finally(() => this.releasing.delete(record.id));
    this.releasing.set(record.id, work);
  }

  private async whyImpossible(
    driver: FencedDriver,
    desired: DesiredRevision,
  ): Promise<string | undefined> {
    for (const runtime of new Set(
      desired.variants.map(({ version }) => version.runtime),
    )) {
      const reason = await driver.unavailable(runtime);
      if (reason) {
        return `The ${runtime} runtime cannot be used here: ${reason}`;
      }
    }
    return undefined;
  }

  private async revision(
    record: DeploymentRecord,
    number: number | undefined,
  ): Promise<RevisionContent> {
    const revision =
      number === undefined
        ? undefined
        : await this.options.revisions.get(record.id, number);
    if (!revision) {
      throw new NotFoundError(
        `Deployment ${record.name} has no revision ${number}`,
      );
    }
    return revision;
  }

  /** All traffic to one revision, but for the share of the one that is tried beside it. */
  private async routeTo(
    driver: FencedDriver,
    record: DeploymentRecord,
    number: number,
    observed: ObservedDeployment,
  ): Promise<DesiredRoute> {
    const own = await this.desired.get(
      record,
      await this.revision(record, number),
    );
    const beside = await this.triedBeside(record, number, observed);
    const share = beside ? beside.weight / 100 : 0;
    const timeouts = [own, beside?.desired].flatMap(
      desired => desired?.timeoutSeconds ?? [],
    );
    return {
      revision: number,
      environment: own.environment,
      timeoutSeconds: timeouts.length > 0 ? Math.max(...timeouts) : undefined,
      concurrentCalls: own.concurrentCalls,
      maxBodyBytes: largestBody(own, beside?.desired),
      stickiness: own.stickiness,
      variants: [
        ...variantsOf(driver, own, 1 - share, observed),
        ...(beside
          ? variantsOf(driver, beside.desired, share, observed).map(
              variant => ({
                ...variant,
                // Callers that stay with a variant are shared out by its name.
                name: `${variant.name}@${beside.desired.revision}`,
                beside: {
                  revision: beside.desired.revision,
                  variant: variant.name,
                },
              }),
            )
          : []),
      ],
      tokens: await this.liveTokens(record),
    };
  }

  private liveTokens(record: DeploymentRecord): Promise<DesiredToken[]> {
    const known =
      this.tokens.get(record) ??
      this.options.store.liveTokens(record.id, new Date());
    this.tokens.set(record, known);
    return known;
  }

  /** A revision that is not ready gets no traffic meanwhile. */
  private async triedBeside(
    record: DeploymentRecord,
    stable: number,
    observed: ObservedDeployment,
  ): Promise<{ desired: DesiredRevision; weight: number } | undefined> {
    const canary = canaryOf(record);
    if (
      !canary ||
      canary.phase === 'rolled-back' ||
      givenUpOf(record) ||
      canary.stableRevision !== stable
    ) {
      return undefined;
    }
    const desired = await this.desired.get(
      record,
      await this.revision(record, canary.revision),
    );
    return isReady(desired, observed)
      ? { desired, weight: canary.weight }
      : undefined;
  }
}

/** What either of them takes goes through; undefined where neither says. */
function largestBody(...revisions: Array<DesiredRevision | undefined>) {
  const said = revisions.flatMap(revision => revision ?? []);
  return said.some(({ maxBodyBytes }) => maxBodyBytes !== undefined)
    ? Math.max(
        ...said.map(
          ({ maxBodyBytes = DEFAULT_MAX_BODY_BYTES }) => maxBodyBytes,
        ),
      )
    : undefined;
}

/** Variants of a revision with their shares of what it gets. */
function variantsOf(
  driver: FencedDriver,
  desired: DesiredRevision,
  share: number,
  observed: ObservedDeployment,
): DesiredRoute['variants'] {
  return desired.variants.map(variant => ({
    ...variant,
    // Equal shares are equal numbers, whichever way they were computed.
    weight: Math.round(variant.weight * share * 1e6) / 1e6,
    version: variant.version.number,
    isRepeatable: isRepeatable(variant.version),
    // Elsewhere a `0` of a version counts as 1: nothing would start what calls wait for.
    sleeps:
      (driver.scalesToZero &&
        replicasOf(desired.resources, variant).min === 0) ||
      undefined,
    runners: observed.runners
      .filter(
        runner =>
          runner.revision === desired.revision &&
          runner.variant === variant.name &&
          isAlive(runner),
      )
      .map(runner => runner.id)
      .sort(),
  }));
}

function isSameStep(
  canary: CanaryStatus,
  before: CanaryStatus | undefined,
): boolean {
  return (
    canary.phase === before?.phase &&
    canary.step === before.step &&
    canary.since !== undefined
  );
}

function endingOf({
  deleting,
  off,
}: DeploymentRecord): 'removed' | 'off' | undefined {
  if (deleting) return 'removed';
  return off ? 'off' : undefined;
}

function isAlive(runner: { phase: string }): boolean {
  return runner.phase !== 'stopped' && runner.phase !== 'draining';
}

/** Of every variant as many runners are ready as there must always be, or it sleeps. */
function isReady(
  desired: DesiredRevision,
  observed: ObservedDeployment,
): boolean {
  return desired.variants.every(variant => {
    const runners = observed.runners.filter(
      runner =>
        runner.revision === desired.revision &&
        runner.variant === variant.name &&
        isAlive(runner),
    );
    const { min } = replicasOf(desired.resources, variant);
    const ready = runners.filter(({ phase }) => phase === 'ready');
    return (
      runners.length > 0 &&
      (runners.every(({ phase }) => phase === 'asleep') ||
        // An engine may have room for fewer. What comes with the load may fail, and takes nothing away.
        ready.length >= Math.min(Math.max(min, 1), runners.length))
    );
  });
}
