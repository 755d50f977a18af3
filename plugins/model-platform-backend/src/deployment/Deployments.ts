import { ConflictError, InputError } from '@backstage/errors';
import {
  CatalogueMetric,
  DeploymentEvent,
  DeploymentOverride,
  DeploymentPlan,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../canonicalJson';
import { CanaryDecision } from './canary/CanaryDecision';
import { CanaryFigures } from './canary/CanaryFigures';
import { aimOf, canaryOf, isCanaried } from './canary/canaryOf';
import { Applications, ApplyOptions } from './changes/Applications';
import { DeployableModels } from './models/DeployableModels';
import { currentRevision } from './revisions/currentRevision';
import { DeploymentActor, platformActor } from './access/DeploymentActor';
import { Precondition, requireMatch } from './changes/deploymentEtag';
import { DeploymentModels } from './models/DeploymentModels';
import { deploymentNotFound } from './access/deploymentNotFound';
import { DeploymentProblemsError } from './spec/DeploymentProblemsError';
import {
  DeploymentRecord,
  DeploymentStore,
  DesiredChange,
} from './store/DeploymentStore';
import { NewRevision, RevisionRecord } from './revisions/RevisionStore';
import { Environments } from './environments/Environments';
import { KnownRevisions } from './revisions/KnownRevisions';
import {
  hasOverride,
  holdsContent,
  holdsRevision,
  isHeld,
  unlifted,
  withOverride,
  withoutOverride,
} from './overrides/overrides';
import { selectorDrift } from './overrides/selectorDrift';
import { repeated } from './changes/repeated';
import { isDeclared, requireSource } from './changes/requireSource';
import { Resolution, RevisionResolver } from './revisions/RevisionResolver';
import { rollbackTarget } from './revisions/rollbackTarget';
import { sameContent } from './revisions/sameContent';
import { QuotaCheck } from './checks/QuotaCheck';
import { breakProblems, SignatureCheck } from './checks/SignatureCheck';
import { GateJudge } from './gates/GateJudge';
import { NewRequest } from './gates/RequestStore';
import { waitingRequest } from './gates/waitingRequest';
import { noEvidence, VersionEvidence } from './gates/VersionEvidence';
import {
  Candidate,
  gatesInForce,
  RevisionAssessor,
} from './checks/RevisionAssessor';
import { specChanges } from './spec/specChanges';
import { followed, takenOf } from './triggers/followed';
import { MetricTriggers } from './triggers/MetricTriggers';
import { AliasMover } from './triggers/Requesters';
import { requestOf, Triggers } from './triggers/Triggers';
import { trafficOf } from './spec/trafficOf';

/** What a person says with a change, and from which state it shall be made. */
export interface ChangeOptions {
  reason?: string;
  ifMatch?: string;
}

/** To what a deployment goes back, and over what. */
export interface RollbackOptions {
  revision?: number;
  /** Also where it breaks the signature that the endpoint serves. */
  allowBreaking?: boolean;
  /** Also to one that never had all traffic, as where it was given up or its canary was rolled back. */
  allowUnserved?: boolean;
}

export interface DeploymentsOptions {
  store: DeploymentStore;
  models: DeployableModels;
  environments: Environments;
  /** A metric that the platform collects. */
  metric: (name: string) => CatalogueMetric | undefined;
  /** Told after each change: wakes the reconciler, tells pages and other domains. */
  announce: (
    deployment: DeploymentRecord,
    action: DeploymentEvent['action'],
  ) => void;
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
  private readonly resolver: RevisionResolver;
  private readonly signatures: SignatureCheck;
  private readonly assessor: RevisionAssessor;
  private readonly applications: Applications;
  /** Over the store of the leader who looks. */
  private readonly triggersOf: (store: DeploymentStore) => Triggers;
  readonly models: DeploymentModels;
  /** As they were made; for whoever looks at them again and again. */
  readonly revisions: KnownRevisions;

  constructor(private readonly options: DeploymentsOptions) {
    const { figures = () => undefined, clock = () => new Date() } = options;
    this.resolver = new RevisionResolver(options.models);
    this.revisions = new KnownRevisions(options.store.revisions);
    this.models = new DeploymentModels(options.store, options.models);
    this.signatures = new SignatureCheck(options);
    this.assessor = new RevisionAssessor({
      signatures: this.signatures,
      quotas: new QuotaCheck({ ...options, clock }),
      judge: new GateJudge({
        models: options.models,
        evidence: options.evidence ?? noEvidence,
      }),
      clock,
    });
    this.applications = new Applications({
      store: options.store,
      environments: options.environments,
      metric: options.metric,
      resolver: this.resolver,
      models: this.models,
      assessor: this.assessor,
    });
    const metrics = new MetricTriggers({ ...options, figures, clock });
    this.triggersOf = store =>
      new Triggers({
        ...options,
        store,
        aliasMover: options.aliasMover ?? (async () => undefined),
        deploymentModels: this.models,
        assessor: this.assessor,
        metrics,
        clock,
        rollback: async (deployment, reason, triggerStates) => {
          const changed = await this.rollBackTo(deployment, platformActor, {
            reason,
            allowBreaking: true,
            byTrigger: { store, triggerStates },
          });
          options.rolledBack?.(changed, reason);
          return changed;
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
    return await repeated(options, () =>
      this.applyOnce(name, input, actor, options),
    );
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
    const { spec, existing, candidate, isSameRevision, assessment } =
      await this.applications.read(name, input, actor, options);
    const changes = specChanges(existing?.spec, spec);
    const isSame = isSameRevision && changes.length === 0;
    const change = isSame ? 'none' : 'change';
    const holds = assessment?.holds ? 'made' : 'waits';
    return {
      name,
      action: existing ? change : 'create',
      declaredIn:
        existing && isDeclared(existing) ? existing.source : undefined,
      spec,
      changes,
      variants: candidate.variants,
      restarts: isSameRevision
        ? []
        : candidate.variants.map(({ name: variant }) => variant),
      revision: isSameRevision ? 'none' : holds,
      gates: assessment?.states ?? [],
      breaks: assessment?.breaks ?? [],
      quotas: assessment?.quotas ?? [],
    };
  }

  private async applyOnce(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions,
  ): Promise<DeploymentRecord> {
    const { announce } = this.options;
    const store = this.storeOf(options);
    const application = await this.applications.read(
      name,
      input,
      actor,
      options,
    );
    const { spec, model, resolution, existing, candidate, assessment } =
      application;
    const revision = { ...application.revision, room: assessment?.room };
    const { reason } = options;
    const request =
      assessment && !assessment.holds
        ? requestOf(candidate, revision.reason, assessment)
        : undefined;
    const done = request ? 'requested' : 'applied';
    if (!existing) {
      const created = await store.create(
        {
          name,
          modelId: model.id,
          model: model.name,
          modelSlug: model.slug,
          system: model.system,
          owner: spec.owner ?? model.owner,
          environment: spec.environment,
          spec,
          source: options.source ?? 'api',
          watched: resolution.watched,
          gates: spec.gates,
        },
        request ? { request } : revision,
        { actor: actor.name, action: 'applied', reason },
      );
      announce(created, done);
      return created;
    }
    const sameSpec = canonicalJson(existing.spec) === canonicalJson(spec);
    const source = options.source ?? existing.source;
    const isHeldSpec = sameSpec && holdsRevision(existing.overrides);
    const isKept =
      sameSpec &&
      source === existing.source &&
      existing.orphanedAt === undefined;
    if (
      isKept &&
      (request
        ? await this.isWaitingFor(existing, candidate)
        : application.isSameRevision &&
          (existing.waitingRequest === undefined || isHeldSpec))
    ) {
      return existing;
    }
    const makes = !request && !application.isSameRevision;
    const lifted = request ? [] : candidate.lifts ?? [];
    const changed = await store.change(existing, {
      set: {
        ...(sameSpec ? {} : { spec }),
        overrides: unlifted(existing.overrides, lifted),
        owner: spec.owner ?? model.owner,
        model: model.name,
        modelSlug: model.slug,
        source,
        orphanedAt: null,
        watched: resolution.watched,
        gates: makes ? spec.gates ?? [] : gatesInForce(existing, spec.gates),
      },
      revision: makes ? revision : undefined,
      request,
      ends:
        request || (isHeldSpec && !makes)
          ? undefined
          : { state: 'superseded', reason: revision.reason },
      history: {
        actor: actor.name,
        action: 'applied',
        reason,
        ...(lifted.length > 0 ? { details: { lifted } } : {}),
      },
    });
    announce(changed, done);
    return changed;
  }

  /** Whether just this is asked for already. */
  private async isWaitingFor(
    deployment: DeploymentRecord,
    candidate: Candidate,
  ): Promise<boolean> {
    const waiting = await waitingRequest(this.options.store, deployment);
    return (
      waiting !== undefined &&
      canonicalJson([waiting.variants, waiting.resources, waiting.gates]) ===
        canonicalJson([
          candidate.variants,
          candidate.resources,
          candidate.gates,
        ])
    );
  }

  /** Throws `NotFoundError`. */
  async get(name: string): Promise<DeploymentRecord> {
    const deployment = await this.options.store.get(name);
    if (!deployment || deployment.deleting) {
      throw deploymentNotFound(name);
    }
    return deployment;
  }

  async setOff(
    name: string,
    off: boolean,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    return await repeated(options, async () => {
      const deployment = await this.changeable(name, actor, options.ifMatch);
      if (deployment.off === off) {
        return deployment;
      }
      const changed = await this.options.store.change(deployment, {
        set: {
          overrides: off
            ? withOverride(
                deployment.overrides,
                override('off', actor, options.reason),
              )
            : withoutOverride(deployment.overrides, 'off'),
        },
        history: {
          actor: actor.name,
          action: off ? 'off' : 'on',
          reason: options.reason,
        },
      });
      this.options.announce(changed, off ? 'off' : 'on');
      return changed;
    });
  }

  /** Nothing of it moves by itself any more: no new revision, no step, no traffic. */
  async pause(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    return await repeated(options, async () => {
      const deployment = await this.changeable(name, actor, options.ifMatch);
      if (hasOverride(deployment.overrides, 'pause')) {
        return deployment;
      }
      const changed = await this.options.store.change(deployment, {
        set: {
          overrides: withOverride(
            deployment.overrides,
            override('pause', actor, options.reason),
          ),
        },
        history: {
          actor: actor.name,
          action: 'paused',
          reason: options.reason,
        },
      });
      this.options.announce(changed, 'applied');
      return changed;
    });
  }

  /** Lifts a pause, else lets the step of a canary go on that waits for a person. */
  async resume(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    const deployment = await this.changeable(name, actor, options.ifMatch);
    if (hasOverride(deployment.overrides, 'pause')) {
      return await this.lift(name, actor, { ...options, kind: 'pause' });
    }
    const canary = canaryOf(deployment);
    if (canary?.phase !== 'progressing' || canary.waitsFor !== 'person') {
      throw new ConflictError(
        `Deployment ${name} is not paused, and no canary of it waits for a person`,
      );
    }
    return await this.decide(deployment, actor, {
      verdict: 'advance',
      step: canary.step,
      reason: options.reason,
    });
  }

  /** Ends a canary: all traffic stays with the stable revision. */
  async abort(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions = {},
  ): Promise<DeploymentRecord> {
    const deployment = await this.changeable(name, actor, options.ifMatch);
    if (!isCanaried(deployment)) {
      throw new ConflictError(
        `Deployment ${name} has no canary under way; \`rollback\` goes back to an earlier revision`,
      );
    }
    return await this.decide(deployment, actor, {
      verdict: 'abort',
      reason: options.reason,
    });
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
    return await repeated(options, async () => {
      const deployment = await this.changeable(name, actor, options.ifMatch);
      const overrides = withoutOverride(deployment.overrides, options.kind);
      if (overrides.length === deployment.overrides.length) {
        return deployment;
      }
      const lifted = deployment.overrides.filter(
        one => !overrides.includes(one),
      );
      const isContent = holdsContent(lifted);
      const asked = isContent
        ? await this.askedFor(deployment, actor, options.reason)
        : undefined;
      const changed = await this.options.store.change(deployment, {
        set: { overrides, ...(asked ? { watched: asked.watched } : {}) },
        revision: asked?.revision,
        request: asked?.request,
        ends: asked?.revision && {
          state: 'superseded',
          reason: asked.revision.reason,
        },
        history: {
          actor: actor.name,
          action: 'lifted',
          reason: options.reason,
          details: { lifted },
        },
      });
      this.options.announce(
        changed,
        deployment.off && !changed.off ? 'on' : 'applied',
      );
      if (asked?.request) this.options.announce(changed, 'requested');
      return changed;
    });
  }

  /** To the revision that is named, else to the last other one that has served. */
  async rollback(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions & RollbackOptions = {},
  ): Promise<DeploymentRecord> {
    const deployment = await this.changeable(name, actor, options.ifMatch);
    return await this.rollBackTo(deployment, actor, options);
  }

  private async rollBackTo(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    options: RollbackOptions & {
      reason?: string;
      /** What is published from now on is tried again. */
      byTrigger?: {
        store: DeploymentStore;
        triggerStates: DesiredChange['triggerStates'];
      };
    },
  ): Promise<DeploymentRecord> {
    const { byTrigger } = options;
    const store = byTrigger?.store ?? this.options.store;
    const target = await rollbackTarget(
      store,
      deployment,
      options.revision,
      // A figure is of what serves; a person means what was asked for last.
      byTrigger ? aimOf(deployment) : deployment.revision,
    );
    await this.models.requireVersions(deployment, target, actor);
    if (!target.firstServedAt && !options.allowUnserved) {
      throw new ConflictError(unserved(deployment, target));
    }
    await this.requireCompatible(deployment, target, options.allowBreaking);
    const changed = await store.change(deployment, {
      set: byTrigger
        ? {
            watched: (
              await this.asTaken(
                deployment,
                await this.resolver.resolve(deployment.spec),
              )
            ).watched,
          }
        : {
            overrides: withOverride(deployment.overrides, {
              ...override('rollback', actor, options.reason),
              revision: target.number,
            }),
          },
      revision: {
        actor: actor.name,
        reason: `Rolled back to revision ${target.number}${
          options.reason ? `: ${options.reason}` : ''
        }`,
        variants: target.variants,
        resources: target.resources,
        traffic: target.traffic,
      },
      history: {
        actor: actor.name,
        action: 'rolled-back',
        reason: options.reason,
        details: { to: target.number },
      },
      triggerStates: byTrigger?.triggerStates,
    });
    this.options.announce(changed, 'applied');
    return changed;
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
    const deployment = await this.changeable(name, actor, options.ifMatch);
    const current = await currentRevision(this.options.store, deployment);
    const names = current?.variants.map(({ name: own }) => own) ?? [];
    if (options.variant === undefined && !isCanaried(deployment)) {
      throw new InputError(
        `Deployment ${name} has no canary under way; say which variant gets all traffic: ${names.join(
          ', ',
        )}`,
      );
    }
    const variant = current?.variants.find(
      ({ name: own }) => own === (options.variant ?? names[0]),
    );
    if (!current || !variant) {
      throw new InputError(
        `Deployment ${name} has no variant ${
          options.variant
        }; it has: ${names.join(', ')}`,
      );
    }
    if (isCanaried(deployment)) {
      return await this.decide(deployment, actor, {
        verdict: 'promote',
        reason: options.reason,
      });
    }
    if (current.variants.length === 1) {
      return deployment;
    }
    const alone = { ...variant, weight: 100, shadow: undefined };
    await this.requireCompatible(deployment, { variants: [alone] });
    const promoted: NewRevision = {
      actor: actor.name,
      reason: `Promoted ${variant.name}${
        options.reason ? `: ${options.reason}` : ''
      }`,
      // The version that was looked at is promoted, not what its selector means by now.
      variants: [alone],
      resources: current.resources,
      traffic: current.traffic,
    };
    if (variant.shadow !== undefined) {
      await this.requireGates(deployment, promoted, actor);
    }
    const changed = await this.options.store.change(deployment, {
      set: {
        overrides: withOverride(deployment.overrides, {
          ...override('promote', actor, options.reason),
          variant: variant.name,
        }),
      },
      revision: promoted,
      history: {
        actor: actor.name,
        action: 'promoted',
        reason: options.reason,
        details: { variant: variant.name, version: variant.version },
      },
    });
    this.options.announce(changed, 'applied');
    return changed;
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
      const deployment = await this.changeable(name, actor, options.ifMatch);
      requireSource(deployment, options);
      return await this.storeOf(options).change(deployment, {
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
    const orphaned = await this.storeOf(options).change(deployment, {
      set: { orphanedAt: clock().toISOString() },
      history: {
        actor,
        action: 'orphaned',
        reason: `${deployment.source} no longer declares it`,
      },
    });
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
    const triggers = this.triggersOf(this.options.store.asLeader(fencing));
    const now = await this.resolver.resolve(deployment.spec);
    const resolution = await this.asTaken(deployment, now);
    const record = isHeld(deployment.overrides)
      ? await triggers.followHeld(deployment, resolution)
      : await triggers.follow(deployment, resolution);
    const aim = aimOf(record);
    const served =
      aim === undefined ? undefined : await this.revisions.get(record.id, aim);
    return {
      record,
      drift: selectorDrift(record.spec, now.variants, served?.variants ?? []),
    };
  }

  /** What its selectors mean to its triggers, which may pass over versions. */
  private async asTaken(
    deployment: DeploymentRecord,
    now: Resolution,
  ): Promise<Resolution> {
    const watched = await followed(
      deployment,
      now.watched,
      this.options.models,
    );
    const isPassed = Object.values(watched).some(
      ({ taken }) => taken !== undefined,
    );
    const resolution = isPassed
      ? await this.resolver.resolve(
          deployment.spec,
          undefined,
          model => takenOf(watched[model.id]) ?? model.latest?.number,
        )
      : now;
    return { ...resolution, watched };
  }

  private async requireCompatible(
    deployment: DeploymentRecord,
    { variants }: Pick<NewRevision, 'variants'>,
    allowBreaking?: boolean,
  ): Promise<void> {
    // The spec's own word counts with its approvals, and not before it has them.
    if (allowBreaking) return;
    const breaks = await this.signatures.breaks(deployment, variants);
    if (breaks.length > 0) {
      throw new DeploymentProblemsError(deployment.name, breakProblems(breaks));
    }
  }

  /** Of what has answered nobody so far, and cannot wait as what a spec asks for does. */
  private async requireGates(
    deployment: DeploymentRecord,
    revision: NewRevision,
    actor: DeploymentActor,
  ): Promise<void> {
    const { name, spec } = deployment;
    const assessment = await this.assessor.assess(
      name,
      spec,
      deployment,
      this.applications.candidate(spec, deployment, revision, actor),
    );
    if (assessment.problems.length > 0) {
      throw new DeploymentProblemsError(name, assessment.problems);
    }
    if (!assessment.holds) {
      const missing = assessment.states.flatMap(({ holds, message }) =>
        holds ? [] : [message],
      );
      throw new ConflictError(
        `A shadow has answered nobody so far, so it has gates to pass: ${missing.join(
          '; ',
        )}. Give it its traffic in the spec, which waits for them`,
      );
    }
  }

  /** What the spec asks for now, which may have to wait for gates; nothing where that is wanted already. */
  private async askedFor(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    reason: string | undefined,
  ): Promise<{
    watched: Resolution['watched'];
    revision?: NewRevision;
    request?: NewRequest;
  }> {
    const { spec, name } = deployment;
    const resolution = await this.resolver.resolve(spec, ref =>
      this.models.deployable(ref, spec.environment, actor),
    );
    if (resolution.problems.length > 0) {
      throw new DeploymentProblemsError(name, resolution.problems);
    }
    await this.models.requireOpen(deployment, resolution.models, actor);
    const revision: NewRevision = {
      actor: actor.name,
      reason: `As the spec says again${reason ? `: ${reason}` : ''}`,
      variants: resolution.variants,
      resources: spec.resources,
      traffic: trafficOf(spec),
      strategy: spec.strategy,
    };
    const { watched } = resolution;
    const current = await currentRevision(this.options.store, deployment);
    if (current && sameContent(current, revision)) return { watched };
    const candidate = this.applications.candidate(
      spec,
      deployment,
      revision,
      actor,
    );
    const assessment = await this.assessor.assess(
      name,
      spec,
      deployment,
      candidate,
    );
    if (assessment.problems.length > 0) {
      throw new DeploymentProblemsError(name, assessment.problems);
    }
    return assessment.holds
      ? { watched, revision: { ...revision, room: assessment.room } }
      : { watched, request: requestOf(candidate, revision.reason, assessment) };
  }

  /** On the canary of the revision that is wanted. */
  private async decide(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    decision: Pick<CanaryDecision, 'verdict' | 'step' | 'reason'>,
  ): Promise<DeploymentRecord> {
    const { revision } = deployment;
    if (revision === undefined) {
      throw new ConflictError(`Deployment ${deployment.name} has no revision`);
    }
    const changed = await this.options.store.change(deployment, {
      set: {
        // Who lets it move, or stops it, wants no pause any more.
        overrides: withoutOverride(deployment.overrides, 'pause'),
        decision: {
          ...decision,
          revision,
          by: actor.name,
          at: new Date().toISOString(),
        },
      },
      history: {
        actor: actor.name,
        action: {
          promote: 'promoted',
          abort: 'aborted',
          advance: 'resumed',
        }[decision.verdict],
        reason: decision.reason,
        details: {
          revision,
          ...(decision.step ? { step: decision.step } : {}),
        },
      },
    });
    this.options.announce(changed, 'applied');
    return changed;
  }

  /** Where the platform itself changes something, its leader does. */
  private storeOf({ fencing }: Pick<ApplyOptions, 'fencing'>): DeploymentStore {
    const { store } = this.options;
    return fencing === undefined ? store : store.asLeader(fencing);
  }

  /** The deployment, where this actor may change it. */
  private async changeable(
    name: string,
    actor: DeploymentActor,
    ifMatch: string | undefined,
  ): Promise<DeploymentRecord> {
    const deployment = await this.get(name);
    await this.models.requireDeploy(deployment, actor);
    requireMatch(deployment, ifMatch);
    return deployment;
  }
}

function unserved(
  { name, canary, givenUp }: DeploymentRecord,
  { number }: RevisionRecord,
): string {
  const isLate = givenUp?.revision === number;
  let why = isLate ? ': it did not become ready in time' : '';
  if (canary?.revision === number && canary.phase === 'rolled-back')
    why = `: its canary was rolled back (${canary.reason})`;
  return `Revision ${number} of ${name} never had all traffic${why}; to serve it all the same, say so (allowUnserved, --allow-unserved)`;
}

function override(
  kind: DeploymentOverride['kind'],
  actor: DeploymentActor,
  reason: string | undefined,
): DeploymentOverride {
  return {
    kind,
    by: actor.name,
    since: new Date().toISOString(),
    ...(reason ? { reason } : {}),
  };
}
