import {
  CatalogueMetric,
  DeploymentOverride,
  DeploymentPlan,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from './access/DeploymentActor';
import { CanaryDecisions } from './canary/CanaryDecisions';
import { CanaryFigures } from './canary/CanaryFigures';
import { Announce } from './changes/Announce';
import { ApplicationReader, ApplyOptions } from './changes/ApplicationReader';
import { Applications } from './changes/Applications';
import { Candidates } from './changes/Candidates';
import {
  ChangeableDeployments,
  ChangeOptions,
} from './changes/ChangeableDeployments';
import { Precondition } from './changes/deploymentEtag';
import { Promotions } from './changes/Promotions';
import { repeated } from './changes/repeated';
import { requireSource } from './changes/requireSource';
import { RollbackOptions, Rollbacks } from './changes/Rollbacks';
import { storeOf } from './changes/storeOf';
import { QuotaCheck } from './checks/QuotaCheck';
import { RevisionAssessor } from './checks/RevisionAssessor';
import { SignatureCheck } from './checks/SignatureCheck';
import { Environments } from './environments/Environments';
import { GateJudge } from './gates/GateJudge';
import { noEvidence, VersionEvidence } from './gates/VersionEvidence';
import { DeployableModels } from './models/DeployableModels';
import { DeploymentModels } from './models/DeploymentModels';
import { ManualOverrides } from './overrides/ManualOverrides';
import { hasOverride } from './overrides/overrides';
import { KnownRevisions } from './revisions/KnownRevisions';
import { RevisionResolver } from './revisions/RevisionResolver';
import { DeploymentStore } from './store/DeploymentStore';
import { DeploymentRecord } from './store/DeploymentRecord';
import { Following } from './triggers/Following';
import { MetricTriggers } from './triggers/MetricTriggers';
import { AliasMover } from './triggers/Requesters';
import { TakenVersions } from './triggers/TakenVersions';
import { Triggers } from './triggers/Triggers';

export interface DeploymentsOptions {
  store: DeploymentStore;
  models: DeployableModels;
  environments: Environments;
  /** A metric that the platform collects. */
  metric: (name: string) => CatalogueMetric | undefined;
  announce: Announce;
  /** Told where the platform went back by itself, since a figure was beyond its bound. */
  rolledBack?: (deployment: DeploymentRecord, reason: string) => void;
  /** What gates ask the registry; without it no evidence is there. */
  evidence?: VersionEvidence;
  aliasMover?: AliasMover;
  /** What triggers by metrics read; without it they do nothing. */
  figures?: () => CanaryFigures | undefined;
  /** Told once of each deployment whose figures cannot be had. */
  onUnreadable?: (deployment: DeploymentRecord, error: unknown) => void;
  clock?: () => Date;
}

/**
 * The rules of deployments, the same for every door: API, CLI, pages, Git.
 * Each change of desired state is one transaction with its revision and its
 * entry in the history; making it so is the reconciler's work.
 */
export class Deployments {
  private readonly changeable: ChangeableDeployments;
  private readonly applications: Applications;
  private readonly overrides: ManualOverrides;
  private readonly canaries: CanaryDecisions;
  private readonly rollbacks: Rollbacks;
  private readonly promotions: Promotions;
  private readonly following: Following;
  readonly models: DeploymentModels;
  /** As they were made; for whoever looks at them again and again. */
  readonly revisions: KnownRevisions;

  constructor(private readonly options: DeploymentsOptions) {
    const { store, environments, metric, announce } = options;
    const { figures = () => undefined, clock = () => new Date() } = options;
    const models = new DeploymentModels(store, options.models);
    const resolver = new RevisionResolver(options.models);
    const taken = new TakenVersions(resolver, options.models);
    const signatures = new SignatureCheck(options);
    const assessor = new RevisionAssessor({
      signatures,
      quotas: new QuotaCheck({ ...options, clock }),
      judge: new GateJudge({
        models: options.models,
        evidence: options.evidence ?? noEvidence,
      }),
      clock,
    });
    const candidates = new Candidates(environments, assessor);
    const changeable = new ChangeableDeployments(store, models);
    const canaries = new CanaryDecisions(store, announce);
    const rollbacks = new Rollbacks({
      ...{ store, models, signatures, announce },
    });
    const metrics = new MetricTriggers({ ...options, figures, clock });
    this.models = models;
    this.revisions = new KnownRevisions(store.revisions);
    this.changeable = changeable;
    this.canaries = canaries;
    this.rollbacks = rollbacks;
    this.applications = new Applications({
      store,
      reader: new ApplicationReader({
        ...{ store, environments, metric, resolver, models, candidates },
      }),
      announce,
    });
    this.overrides = new ManualOverrides({
      ...{ store, changeable, models, taken, candidates, announce },
    });
    this.promotions = new Promotions({
      ...{ store, canaries, signatures, candidates, announce },
    });
    this.following = new Following({
      resolver,
      taken,
      revisions: this.revisions,
      triggersOf: fencing => {
        const leaders = store.asLeader(fencing);
        return new Triggers({
          ...options,
          store: leaders,
          aliasMover: options.aliasMover ?? (async () => undefined),
          deploymentModels: models,
          assessor,
          metrics,
          clock,
          rollback: async (deployment, reason, triggerStates) => {
            const changed = await rollbacks.byTrigger(
              leaders,
              deployment,
              reason,
              triggerStates,
            );
            options.rolledBack?.(changed, reason);
            return changed;
          },
        });
      },
    });
  }

  /** Throws `DeploymentProblemsError` with every reason by field. */
  async apply(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions = {},
  ): Promise<DeploymentRecord> {
    return await this.applications.apply(name, input, actor, options);
  }

  /**
   * What applying would do, or a change of its file in Git, without doing it.
   * Throws what `apply` throws.
   */
  async plan(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: Precondition = {},
  ): Promise<DeploymentPlan> {
    return await this.applications.plan(name, input, actor, options);
  }

  /** Throws `NotFoundError`. */
  async get(name: string): Promise<DeploymentRecord> {
    return await this.changeable.get(name);
  }

  async setOff(
    name: string,
    off: boolean,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    return await this.overrides.setOff(name, off, actor, options);
  }

  /** Nothing of it moves by itself any more: no new revision, no step, no traffic. */
  async pause(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    return await this.overrides.pause(name, actor, options);
  }

  /** Lifts a pause, else lets the step of a canary go on that waits for a person. */
  async resume(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    const deployment = await this.forChange(name, actor, options);
    return hasOverride(deployment.overrides, 'pause')
      ? await this.lift(name, actor, { ...options, kind: 'pause' })
      : await this.canaries.advance(deployment, actor, options.reason);
  }

  /** Ends a canary: all traffic stays with the stable revision. */
  async abort(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    const deployment = await this.forChange(name, actor, options);
    return await this.canaries.abort(deployment, actor, options.reason);
  }

  /**
   * Lifts what persons put beside the spec: of one kind, else all of it. What
   * the spec asks for is wanted again.
   */
  async lift(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions & { kind?: DeploymentOverride['kind'] } = {},
  ): Promise<DeploymentRecord> {
    return await this.overrides.lift(name, actor, options);
  }

  /** To the revision that is named, else to the last other one that has served. */
  async rollback(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions & RollbackOptions = {},
  ): Promise<DeploymentRecord> {
    const deployment = await this.forChange(name, actor, options);
    return await this.rollbacks.byPerson(deployment, actor, options);
  }

  /**
   * Sends all traffic to one variant, which is the only one from then on. Of a
   * canary: to the new revision, without the steps that are left.
   */
  async promote(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions & { variant?: string },
  ): Promise<DeploymentRecord> {
    const deployment = await this.forChange(name, actor, options);
    return await this.promotions.promote(deployment, actor, options);
  }

  async delete(
    name: string,
    actor: DeploymentActor,
    options: Pick<
      ApplyOptions,
      'reason' | 'source' | 'ifMatch' | 'fencing'
    > = {},
  ): Promise<void> {
    const deleted = await repeated(options, async () => {
      const deployment = await this.forChange(name, actor, options);
      requireSource(deployment, options);
      return await storeOf(this.options.store, options).change(deployment, {
        set: { deleting: true },
        history: {
          actor: actor.name,
          action: 'deleted',
          reason: options.reason,
        },
      });
    });
    this.options.announce(deleted, 'deleted');
  }

  /** Its declaration in Git is gone; it goes on as it is. */
  async orphan(
    deployment: DeploymentRecord,
    actor: string,
    options: Pick<ApplyOptions, 'fencing'> = {},
  ): Promise<void> {
    if (deployment.orphanedAt !== undefined) return;
    const { clock = () => new Date() } = this.options;
    const orphaned = await storeOf(this.options.store, options).change(
      deployment,
      {
        set: { orphanedAt: clock().toISOString() },
        history: {
          actor,
          action: 'orphaned',
          reason: `${deployment.source} no longer declares it`,
        },
      },
    );
    this.options.announce(orphaned, 'applied');
  }

  /**
   * Makes a new revision where a trigger asks for one, or where one that waited
   * has its gates, and tells where selectors mean something else than what is
   * served. In the hands of the leader with this lease number.
   */
  async follow(
    deployment: DeploymentRecord,
    fencing: number,
  ): Promise<{ record: DeploymentRecord; drift: string[] }> {
    return await this.following.follow(deployment, fencing);
  }

  private async forChange(
    name: string,
    actor: DeploymentActor,
    { ifMatch }: ChangeOptions,
  ): Promise<DeploymentRecord> {
    return await this.changeable.require(name, actor, ifMatch);
  }
}
