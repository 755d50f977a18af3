import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  CatalogueMetric,
  DeploymentOverride,
  DeploymentSpec,
  FieldProblem,
  Model,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { canaryOf, isCanaried } from '../canary/canaryOf';
import { analysisProblems } from '../canary/canarySchema';
import { currentRevision } from '../revisions/currentRevision';
import { DeploymentActor } from '../access/DeploymentActor';
import { Precondition, requirePrecondition } from './deploymentEtag';
import { DeploymentModels } from '../models/DeploymentModels';
import { DeploymentProblemsError } from '../spec/DeploymentProblemsError';
import { DeploymentRecord, DeploymentStore } from '../store/DeploymentStore';
import { NewRevision, RevisionRecord } from '../revisions/RevisionStore';
import { Environments } from '../environments/Environments';
import { givenUpOf } from '../revisions/givenUpOf';
import { allGates } from '../gates/allGates';
import { RequestRecord } from '../gates/RequestStore';
import { waitingRequest } from '../gates/waitingRequest';
import { holdsRevision } from '../overrides/overrides';
import { parseDeploymentSpec } from '../spec/parseDeploymentSpec';
import { problem } from '../spec/problem';
import { requireSource } from './requireSource';
import {
  Assessment,
  Candidate,
  gatesInForce,
  RevisionAssessor,
} from '../checks/RevisionAssessor';
import { Resolution, RevisionResolver } from '../revisions/RevisionResolver';
import { sameContent } from '../revisions/sameContent';
import { trafficOf } from '../spec/trafficOf';

/** How long a new deployment waits for one of the same name to be gone. */
const REMOVAL_TIMEOUT_MS = 15_000;

export interface ApplyOptions extends Precondition {
  reason?: string;
  /** `api`, or the location of a file in Git. */
  source?: string;
  /** Where the same declaration stood before. */
  movedFrom?: string;
  /** Lease number of the leader that reads it from Git. */
  fencing?: number;
}

/** What applying a document comes to, before anything is kept. */
export interface Application {
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

/** Reads what is applied: whether it is right and may be, and what it comes to. Keeps nothing. */
export class Applications {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      environments: Environments;
      metric: (name: string) => CatalogueMetric | undefined;
      resolver: RevisionResolver;
      models: DeploymentModels;
      assessor: RevisionAssessor;
    },
  ) {}

  /** Throws `DeploymentProblemsError` with every reason by field, and where the actor may not. */
  async read(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions,
  ): Promise<Application> {
    const { store, resolver, models, assessor } = this.options;
    const parsed = parseDeploymentSpec(name, input);
    if (!parsed.spec) {
      throw new DeploymentProblemsError(name, parsed.problems);
    }
    const spec = parsed.spec;
    const unusable = this.placeProblems(spec);
    if (unusable.length > 0) {
      throw new DeploymentProblemsError(name, unusable);
    }
    const resolution = await resolver.resolve(spec, ref =>
      models.deployable(ref, spec.environment, actor),
    );
    const { model } = resolution;
    const problems = [
      ...resolution.problems,
      ...analysisProblems(spec, this.options.metric),
    ];
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
    const existing = await this.afterRemoval(await store.get(name), options);
    const revision: NewRevision = {
      actor: actor.name,
      reason: options.reason ?? 'Applied',
      variants: resolution.variants,
      resources: spec.resources,
      traffic: trafficOf(spec),
      strategy: spec.strategy,
    };
    if (existing) {
      await this.requireSame(existing, spec, model, actor);
      await models.requireOpen(existing, resolution.models, actor);
      requireSource(existing, options);
    }
    requirePrecondition(name, existing, options);
    const current = existing && (await currentRevision(store, existing));
    const waiting = existing && (await waitingRequest(store, existing));
    const isSameRevision =
      existing !== undefined &&
      isWantedAlready(existing, spec, {
        current,
        revision,
        waiting,
      });
    const candidate = {
      ...this.candidate(spec, existing, revision, actor),
      lifts: existing && liftedBy(existing, spec, waiting),
    };
    const assessment = isSameRevision
      ? undefined
      : await assessor.assess(name, spec, existing, candidate);
    if (assessment && assessment.problems.length > 0) {
      throw new DeploymentProblemsError(name, assessment.problems);
    }
    return {
      ...{ spec, model, resolution, existing, current, revision },
      ...{ isSameRevision, candidate, assessment },
    };
  }

  /** The revision that an actor asks for. */
  candidate(
    spec: DeploymentSpec,
    existing: DeploymentRecord | undefined,
    { variants, resources }: NewRevision,
    actor: DeploymentActor,
  ): Candidate {
    return {
      actor: actor.name,
      requesters: [actor.responsible ?? actor.name],
      variants,
      resources,
      gates: allGates(
        this.options.environments.gates(spec.environment),
        gatesInForce(existing, spec.gates),
      ),
    };
  }

  /** Where it shall run, and what it shall look at, are there. */
  private placeProblems(spec: DeploymentSpec): FieldProblem[] {
    const { environments, metric } = this.options;
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
    if (
      spec.resources?.replicas?.min === 0 &&
      !environments.driver(spec.environment).scalesToZero
    ) {
      problems.push(
        problem(
          'spec.resources.replicas.min',
          `must be at least 1: the environment ${spec.environment} keeps a runner of each variant`,
          0,
          1,
        ),
      );
    }
    const { maxBodyBytes = 0 } = spec.limits ?? {};
    const most = environments.maxBodyBytes(spec.environment);
    if (maxBodyBytes > most) {
      problems.push(
        problem(
          'spec.limits.maxBodyBytes',
          `may be at most ${most} in ${spec.environment}`,
          maxBodyBytes,
          most,
        ),
      );
    }
    for (const [index, { onMetric }] of (spec.triggers ?? []).entries()) {
      if (onMetric && !isKnown(onMetric.metric, metric)) {
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

  /** A name that is being given up is waited for, but not by Git, which comes again by itself and has others to look at. */
  private async afterRemoval(
    deployment: DeploymentRecord | undefined,
    { fencing }: ApplyOptions,
  ): Promise<DeploymentRecord | undefined> {
    let current = deployment;
    const waitMs = fencing === undefined ? REMOVAL_TIMEOUT_MS : 0;
    const deadline = Date.now() + waitMs;
    while (current?.deleting) {
      if (Date.now() >= deadline) {
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
        await this.options.models.requireDeploy(existing, actor);
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
      await this.options.models.requireDeploy(existing, actor);
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
}

/** What persons put beside the spec holds until another one is made. */
function liftedBy(
  { spec: before, overrides }: DeploymentRecord,
  spec: DeploymentSpec,
  waiting: RequestRecord | undefined,
): DeploymentOverride[] | undefined {
  if (canonicalJson(before) === canonicalJson(spec)) return waiting?.lifts;
  return overrides.length > 0 ? overrides : undefined;
}

/** No canary of it is under way, and none was rolled back, nor a revision given up: a changed spec has nothing to try again. */
function isSettled(deployment: DeploymentRecord): boolean {
  return (
    canaryOf(deployment)?.phase !== 'rolled-back' &&
    !isCanaried(deployment) &&
    givenUpOf(deployment) === undefined
  );
}

/** Whether what a spec asks for needs no new revision. */
function isWantedAlready(
  existing: DeploymentRecord,
  spec: DeploymentSpec,
  options: {
    current: RevisionRecord | undefined;
    revision: NewRevision;
    waiting: RequestRecord | undefined;
  },
): boolean {
  const { current, revision, waiting } = options;
  const isSame = current !== undefined && sameContent(current, revision);
  return canonicalJson(existing.spec) === canonicalJson(spec)
    ? // What a person put beside the spec holds until the spec changes.
      (holdsRevision(existing.overrides) && !waiting?.lifts) ||
        (isSame &&
          // What was only late may do better by now; what a canary has shown, it has shown.
          !givenUpOf(existing) &&
          (!waiting || isSettled(existing)))
    : isSame && isSettled(existing);
}

function isKnown(
  name: string,
  metric: (name: string) => CatalogueMetric | undefined,
): boolean {
  return (
    ['error_ratio', 'latency', 'calls'].includes(name) ||
    metric(name) !== undefined
  );
}
