import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  DeploymentEvent,
  DeploymentPlan,
  DeploymentSpec,
  FieldProblem,
  Model,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../canonicalJson';
import { DeployableModels } from './DeployableModels';
import { currentRevision } from './currentRevision';
import { DeploymentActor, platformActor } from './DeploymentActor';
import { requireMatch } from './deploymentEtag';
import { DeploymentModels } from './DeploymentModels';
import { deploymentNotFound } from './deploymentNotFound';
import { DeploymentProblemsError } from './DeploymentProblemsError';
import {
  DeploymentRecord,
  DeploymentStore,
  NewRevision,
  RevisionRecord,
} from './DeploymentStore';
import { Environments } from './Environments';
import { parseDeploymentSpec } from './parseDeploymentSpec';
import { problem } from './problem';
import { repeated } from './repeated';
import { Resolution, RevisionResolver, variantsOf } from './RevisionResolver';
import { rollbackTarget } from './rollbackTarget';
import { sameContent } from './sameContent';
import { VariantFigures } from './VariantFigures';
import { QuotaCheck } from './checks/QuotaCheck';
import { breakProblems, SignatureCheck } from './checks/SignatureCheck';
import { allGates } from './gates/allGates';
import { GateJudge } from './gates/GateJudge';
import { noEvidence, VersionEvidence } from './gates/VersionEvidence';
import {
  Assessment,
  Candidate,
  gatesInForce,
  RevisionAssessor,
} from './RevisionAssessor';
import { specChanges } from './specChanges';
import { MetricTriggers } from './triggers/MetricTriggers';
import { AliasMover } from './triggers/Requesters';
import { requestOf, Triggers } from './triggers/Triggers';

/** How long a new deployment waits for one of the same name to be gone. */
const REMOVAL_TIMEOUT_MS = 15_000;

export interface ApplyOptions {
  reason?: string;
  /** `api`, or the location of a file in Git. */
  source?: string;
  /** Where the same declaration stood before. */
  movedFrom?: string;
  ifMatch?: string;
}

export interface DeploymentsOptions {
  store: DeploymentStore;
  models: DeployableModels;
  environments: Environments;
  /** Told after each change: wakes the reconciler, tells pages and other domains. */
  announce: (
    deployment: DeploymentRecord,
    action: DeploymentEvent['action'],
  ) => void;
  /** What gates ask the registry; without it no evidence is there. */
  evidence?: VersionEvidence;
  aliasMover?: AliasMover;
  /** What triggers by metrics read; without it they do nothing. */
  figures?: () => VariantFigures | undefined;
  clock?: () => Date;
}

/** What applying a document comes to, before anything is kept. */
interface Application {
  spec: DeploymentSpec;
  model: Model;
  resolution: Resolution;
  existing?: DeploymentRecord;
  current?: RevisionRecord;
  revision: NewRevision;
  isSameRevision: boolean;
  candidate: Candidate;
  /** Of a revision that is to be made; nothing where none is. */
  assessment?: Assessment;
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
  private readonly triggers: Triggers;
  readonly models: DeploymentModels;

  constructor(private readonly options: DeploymentsOptions) {
    const { figures = () => undefined, clock = () => new Date() } = options;
    this.resolver = new RevisionResolver(options.models);
    this.models = new DeploymentModels(options.store, options.models);
    this.signatures = new SignatureCheck(options);
    this.assessor = new RevisionAssessor({
      signatures: this.signatures,
      quotas: new QuotaCheck(options),
      judge: new GateJudge({
        models: options.models,
        evidence: options.evidence ?? noEvidence,
      }),
      clock,
    });
    this.triggers = new Triggers({
      ...options,
      aliasMover: options.aliasMover ?? (async () => undefined),
      deploymentModels: this.models,
      resolver: this.resolver,
      assessor: this.assessor,
      metrics: new MetricTriggers({ figures, clock }),
      clock,
      rollback: (name, reason) =>
        this.rollback(name, platformActor, { reason, allowBreaking: true }),
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
    options: { ifMatch?: string } = {},
  ): Promise<DeploymentPlan> {
    const { spec, existing, candidate, isSameRevision, assessment } =
      await this.application(name, input, actor, options);
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
    const { store, announce } = this.options;
    const application = await this.application(name, input, actor, options);
    const {
      spec,
      model,
      resolution,
      existing,
      revision,
      candidate,
      assessment,
    } = application;
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
    const isKept =
      sameSpec &&
      source === existing.source &&
      existing.orphanedAt === undefined;
    if (
      isKept &&
      (request
        ? await this.isWaitingFor(existing, candidate)
        : application.isSameRevision && existing.waitingRequest === undefined)
    ) {
      return existing;
    }
    const makes = !request && !application.isSameRevision;
    const changed = await store.change(existing, {
      set: {
        ...(sameSpec ? {} : { spec }),
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
      ends: request
        ? undefined
        : { state: 'superseded', reason: revision.reason },
      history: { actor: actor.name, action: 'applied', reason },
    });
    announce(changed, done);
    return changed;
  }

  /** Throws `DeploymentProblemsError` with every reason by field, and where the actor may not. */
  private async application(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions,
  ): Promise<Application> {
    const { store, environments } = this.options;
    const parsed = parseDeploymentSpec(name, input);
    if (!parsed.spec) {
      throw new DeploymentProblemsError(name, parsed.problems);
    }
    const spec = parsed.spec;
    const unusable = this.placeProblems(spec);
    if (unusable.length > 0) {
      throw new DeploymentProblemsError(name, unusable);
    }
    const resolution = await this.resolver.resolve(spec, ref =>
      this.models.deployable(ref, spec.environment, actor),
    );
    const { model, problems } = resolution;
    if (!model || problems.length > 0) {
      throw new DeploymentProblemsError(name, problems);
    }
    if (
      spec.owner !== undefined &&
      spec.owner !== toEntityRef(model.owner, 'group')
    ) {
      throw new DeploymentProblemsError(name, [
        problem(
          'spec.owner',
          'must be the owner of the model, or be left out',
          spec.owner,
          model.owner,
        ),
      ]);
    }
    const existing = await this.afterRemoval(await store.get(name));
    const revision: NewRevision = {
      actor: actor.name,
      reason: options.reason ?? 'Applied',
      variants: resolution.variants,
      resources: spec.resources,
    };
    if (existing) {
      await this.requireSame(existing, spec, model, actor);
      await this.models.requireOpen(existing, resolution.models, actor);
      requireSource(existing, options);
      requireMatch(existing, options.ifMatch);
    }
    const current = existing && (await currentRevision(store, existing));
    const isSameRevision =
      current !== undefined && sameContent(current, revision);
    const candidate: Candidate = {
      actor: actor.name,
      requesters: [actor.responsible ?? actor.name],
      variants: revision.variants,
      resources: revision.resources,
      gates: allGates(
        environments.gates(spec.environment),
        gatesInForce(existing, spec.gates),
      ),
    };
    const assessment = isSameRevision
      ? undefined
      : await this.assessor.assess(name, spec, existing, candidate);
    if (assessment && assessment.problems.length > 0) {
      throw new DeploymentProblemsError(name, assessment.problems);
    }
    return {
      ...{ spec, model, resolution, existing, current, revision },
      ...{ isSameRevision, candidate, assessment },
    };
  }

  /** Where it shall run, and what it shall look at, are there. */
  private placeProblems(spec: DeploymentSpec): FieldProblem[] {
    const { environments, figures } = this.options;
    if (!environments.has(spec.environment)) {
      return [
        problem(
          'spec.environment',
          `there is no such environment; there are: ${environments
            .names()
            .join(', ')}`,
          spec.environment,
          environments.names()[0],
        ),
      ];
    }
    const systems = environments.systems(spec.environment);
    const problems =
      systems && !systems.includes(spec.system)
        ? [
            problem(
              'spec.environment',
              `takes only deployments of the systems ${systems.join(', ')}`,
              spec.environment,
            ),
          ]
        : [];
    const known = figures?.();
    for (const [index, { onMetric }] of (spec.triggers ?? []).entries()) {
      if (onMetric && known && !known.knows(onMetric.metric)) {
        problems.push(
          problem(
            `spec.triggers[${index}].onMetric.metric`,
            'is neither error_ratio, latency or calls, nor in the metric catalogue of the platform',
            onMetric.metric,
            'error_ratio',
          ),
        );
      }
    }
    return problems;
  }

  /** Whether just this is asked for already. */
  private async isWaitingFor(
    { id, waitingRequest }: DeploymentRecord,
    candidate: Candidate,
  ): Promise<boolean> {
    const waiting =
      waitingRequest === undefined
        ? undefined
        : await this.options.store.requests.get(id, waitingRequest);
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
    options: { reason?: string; ifMatch?: string } = {},
  ): Promise<DeploymentRecord> {
    return await repeated(options, async () => {
      const deployment = await this.changeable(name, actor, options.ifMatch);
      if (deployment.off === off) {
        return deployment;
      }
      const who = `${off ? 'Off' : 'On'} by ${actor.name}`;
      const changed = await this.options.store.change(deployment, {
        set: {
          off,
          offReason: options.reason ? `${who}: ${options.reason}` : who,
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

  /** To the revision that is named, else to the last other one that has served. */
  async rollback(
    name: string,
    actor: DeploymentActor,
    options: {
      revision?: number;
      reason?: string;
      ifMatch?: string;
      /** Also where it breaks the signature that the endpoint serves. */
      allowBreaking?: boolean;
    } = {},
  ): Promise<DeploymentRecord> {
    const { store } = this.options;
    const deployment = await this.changeable(name, actor, options.ifMatch);
    const target = await rollbackTarget(store, deployment, options.revision);
    await this.models.requireVersions(deployment, target, actor);
    await this.requireCompatible(deployment, target, options.allowBreaking);
    const changed = await store.change(deployment, {
      // What was published until now is the reason to roll back, not to roll forward again.
      set: { watched: await this.watchedNow(deployment.spec) },
      revision: {
        actor: actor.name,
        reason: `Rolled back to revision ${target.number}${
          options.reason ? `: ${options.reason}` : ''
        }`,
        variants: target.variants,
        resources: target.resources,
      },
      history: {
        actor: actor.name,
        action: 'rolled-back',
        reason: options.reason,
        details: { to: target.number },
      },
    });
    this.options.announce(changed, 'applied');
    return changed;
  }

  /** Sends all traffic to one variant, which is the only one from then on. */
  async promote(
    name: string,
    actor: DeploymentActor,
    options: { variant: string; reason?: string; ifMatch?: string },
  ): Promise<DeploymentRecord> {
    const deployment = await this.changeable(name, actor, options.ifMatch);
    const current = await currentRevision(this.options.store, deployment);
    const variant = current?.variants.find(
      ({ name: own }) => own === options.variant,
    );
    if (!current || !variant) {
      throw new InputError(
        `Deployment ${name} has no variant ${
          options.variant
        }; it has: ${current?.variants.map(({ name: own }) => own).join(', ')}`,
      );
    }
    if (current.variants.length === 1) {
      return deployment;
    }
    await this.requireCompatible(deployment, {
      variants: [{ ...variant, weight: 100 }],
    });
    const declared = variantsOf(deployment.spec).find(
      ({ name: own }) => own === variant.name,
    );
    const { stickyBy } = deployment.spec.strategy ?? {};
    const spec: DeploymentSpec = {
      ...deployment.spec,
      strategy: { type: 'single', ...(stickyBy ? { stickyBy } : {}) },
      variants: [
        {
          ...(declared ?? {
            name: variant.name,
            version: { number: variant.version },
          }),
          weight: 100,
        },
      ],
    };
    const changed = await this.options.store.change(deployment, {
      set: { spec, watched: await this.watchedNow(spec) },
      revision: {
        actor: actor.name,
        reason: `Promoted ${variant.name}${
          options.reason ? `: ${options.reason}` : ''
        }`,
        // The version that was looked at is promoted, not what its selector means by now.
        variants: [{ ...variant, weight: 100 }],
        resources: current.resources,
      },
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
    options: Pick<ApplyOptions, 'reason' | 'source' | 'ifMatch'> = {},
  ): Promise<void> {
    const deleted = await repeated(options, async () => {
      const deployment = await this.changeable(name, actor, options.ifMatch);
      requireSource(deployment, options);
      return await this.options.store.change(deployment, {
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
  async orphan(deployment: DeploymentRecord, actor: string): Promise<void> {
    if (deployment.orphanedAt !== undefined) return;
    const { clock = () => new Date() } = this.options;
    const orphaned = await this.options.store.change(deployment, {
      set: { orphanedAt: clock().toISOString() },
      history: {
        actor,
        action: 'orphaned',
        reason: `${deployment.source} no longer declares it`,
      },
    });
    this.options.announce(orphaned, 'applied');
  }

  /** Makes a new revision where a trigger asks for one, or where one that waited has its gates. */
  async followTriggers(
    deployment: DeploymentRecord,
  ): Promise<DeploymentRecord> {
    return await this.triggers.follow(deployment);
  }

  private async requireCompatible(
    deployment: DeploymentRecord,
    { variants }: Pick<NewRevision, 'variants'>,
    allowBreaking?: boolean,
  ): Promise<void> {
    if (allowBreaking || deployment.spec.allowBreaking) return;
    const breaks = await this.signatures.breaks(deployment, variants);
    if (breaks.length > 0) {
      throw new DeploymentProblemsError(deployment.name, breakProblems(breaks));
    }
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

  /** A name that is being given up is waited for. */
  private async afterRemoval(
    deployment: DeploymentRecord | undefined,
  ): Promise<DeploymentRecord | undefined> {
    let current = deployment;
    const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
    while (current?.deleting) {
      if (Date.now() > deadline) {
        throw new ConflictError(
          `A deployment of the name ${current.name} is still being removed; try again in a few seconds`,
        );
      }
      await sleep(100);
      current = await this.options.store.get(current.name);
    }
    return current;
  }

  private async requireSame(
    existing: DeploymentRecord,
    spec: DeploymentSpec,
    model: Model,
    actor: DeploymentActor,
  ): Promise<void> {
    if (existing.modelId !== model.id) {
      try {
        await this.models.requireDeploy(existing, actor);
      } catch {
        // Not even whose it is.
        throw new ConflictError(`The name ${existing.name} is taken`);
      }
      throw new DeploymentProblemsError(existing.name, [
        problem(
          'spec.model',
          `the deployment serves ${existing.model}; delete it first, or choose another name`,
          spec.model,
          existing.model,
        ),
      ]);
    }
    try {
      await this.models.requireDeploy(existing, actor);
    } catch (error) {
      throw error instanceof NotFoundError
        ? new ConflictError(`The name ${existing.name} is taken`)
        : error;
    }
    if (existing.environment !== spec.environment) {
      throw new DeploymentProblemsError(existing.name, [
        problem(
          'spec.environment',
          `the deployment runs in ${existing.environment}; delete it first, or choose another name`,
          spec.environment,
          existing.environment,
        ),
      ]);
    }
  }

  private async watchedNow(spec: DeploymentSpec) {
    return (await this.resolver.resolve(spec)).watched;
  }
}

/** Throws `ConflictError` where what a deployment shall be is said elsewhere. */
function requireSource(
  deployment: DeploymentRecord,
  given: Pick<ApplyOptions, 'source' | 'movedFrom'>,
): void {
  const { name, source } = deployment;
  if (
    isDeclared(deployment) &&
    given.source !== undefined &&
    given.source !== source &&
    given.movedFrom !== source
  ) {
    throw new ConflictError(
      `The deployment ${name} is declared in ${source}; change or remove it there. What holds beside its file: off, rollback and promote`,
    );
  }
}

/** Whether a file in Git says what it shall be. */
function isDeclared({ source, orphanedAt }: DeploymentRecord): boolean {
  return source !== 'api' && orphanedAt === undefined;
}
