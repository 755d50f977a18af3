import { LoggerService } from '@backstage/backend-plugin-api';
import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';
import { CanaryAnalyst } from '../canary/CanaryAnalyst';
import { CanaryFigures } from '../canary/CanaryFigures';
import { aimOf, canaryOf } from '../canary/canaryOf';
import { decided, whileOff } from '../canary/nextCanary';
import { Environments } from '../environments/Environments';
import { DeployableModels } from '../models/DeployableModels';
import { KnownRevisions } from '../revisions/KnownRevisions';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Attention } from './Attention';
import { CanarySteps } from './CanarySteps';
import { DesiredRevisions } from './DesiredRevisions';
import { DesiredRoutes } from './DesiredRoutes';
import { Endings } from './Endings';
import { FencedDriver, fencedDriver } from './fencedDriver';
import { isReady } from './isReady';
import { Preparations } from './Preparations';
import { ReadyTimes } from './ReadyTimes';
import { Releases } from './Releases';
import { RolloutOutcome } from './RolloutOutcome';
import { Switchover } from './Switchover';
import { Traffic } from './Traffic';

/**
 * Brings one deployment one step nearer to what is wanted, without a failed
 * request: the new revision's runners start beside the old ones; traffic moves
 * once all its variants are ready, at once or by the steps of a canary; then the
 * old ones drain. A revision that does not become ready leaves the old one
 * serving, and is given up.
 */
export class Rollout {
  private readonly desired: DesiredRevisions;
  private readonly routes: DesiredRoutes;
  private readonly traffic: Traffic;
  private readonly steps: CanarySteps;
  private readonly preparations: Preparations;
  private readonly switchover: Switchover;
  private readonly endings: Endings;
  private readonly attention = new Attention();

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
    const { environments, revisions, logger } = options;
    this.desired = new DesiredRevisions(options.models);
    this.routes = new DesiredRoutes({
      tokens: options.store.tokens,
      desired: this.desired,
      revisions,
    });
    this.traffic = new Traffic(this.routes);
    const times = new ReadyTimes(environments, options.readyTimeoutMs);
    this.steps = new CanarySteps({
      revisions,
      routes: this.routes,
      times,
      analyst: new CanaryAnalyst(options.figures),
      logger,
    });
    this.preparations = new Preparations(options.lookAgain);
    this.switchover = new Switchover({
      desired: this.desired,
      preparations: this.preparations,
      traffic: this.traffic,
      steps: this.steps,
      times,
      releases: new Releases(logger),
    });
    this.endings = new Endings(environments, options.lookAgain);
  }

  /** Undefined where nothing is left to have a state, or something of it ends that is waited for. */
  async step(
    record: DeploymentRecord,
    fencing: number,
    signal: AbortSignal,
  ): Promise<RolloutOutcome | undefined> {
    const { revisions } = this.options;
    const ref = { name: record.name };
    if (this.endings.isEndingOtherwise(record)) {
      return undefined;
    }
    if (record.deleting || record.off) {
      await this.preparations.endOthers(record.id, []);
    }
    if (record.deleting) {
      if (await this.endings.isRemoved(record, fencing))
        await this.options.store.erase(record.id, fencing);
      return undefined;
    }
    const driver = this.driver(record, fencing);
    let observed = await driver.observe(ref);
    const watchedSince = this.attention.since(record.id);
    if (record.off) {
      return await this.switchOff(driver, record, observed);
    }
    if (record.revision === undefined) {
      // Its first one waits for gates.
      return { observed, unmade: true, settled: true };
    }
    try {
      observed = await this.traffic.refresh(driver, record, observed);
    } catch (error) {
      const routed = observed.routedRevision;
      if (routed === undefined || routed === aimOf(record)) {
        throw error;
      }
      this.logNotKeptUp(record, routed, error);
    }
    const wanted = await revisions.require(record, aimOf(record));
    // What the engine says counts; what was noted last may be older than a crash.
    const serving =
      observed.routedRevision ??
      record.servingRevision ??
      canaryOf(record)?.stableRevision;
    const tried = await this.steps.stand(record, wanted, serving);
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
    return await this.switchover.advance(driver, record, {
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
      this.endings.isEndingOtherwise(record)
    ) {
      return;
    }
    try {
      const driver = this.driver(record, fencing);
      const observed = await driver.observe({ name: record.name });
      // As another record: the look that comes later reads the tokens of then.
      await this.traffic.refresh(driver, { ...record }, observed);
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

  private async switchOff(
    driver: FencedDriver,
    record: DeploymentRecord,
    observed: ObservedDeployment,
  ): Promise<RolloutOutcome> {
    const canary = whileOff(canaryOf(record));
    const route = await this.routes.nowhere(record);
    return (await this.endings.isOff(driver, record, observed, route))
      ? { observed, canary, settled: true }
      : {
          observed: await driver.observe({ name: record.name }),
          canary,
          settled: false,
        };
  }

  /** Keeps the old revision as it should be (runners, tokens) while the new one starts. */
  private async keepServing(
    driver: FencedDriver,
    record: DeploymentRecord,
    number: number,
    observed: ObservedDeployment,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const desired = await this.desired.get(
        record,
        await this.options.revisions.require(record, number),
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
        await this.traffic.sendTo(driver, record, number, observed);
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
}
