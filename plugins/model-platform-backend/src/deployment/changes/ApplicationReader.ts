import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  CatalogueMetric,
  DeploymentOverride,
  DeploymentSpec,
  Model,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { DeploymentActor } from '../access/DeploymentActor';
import { analysisProblems } from '../canary/canarySchema';
import { placeProblems } from '../checks/placeProblems';
import { Assessment, Candidate } from '../checks/RevisionAssessor';
import { Environments } from '../environments/Environments';
import { RequestRecord } from '../gates/RequestStore';
import { waitingRequest } from '../gates/waitingRequest';
import { DeploymentModels } from '../models/DeploymentModels';
import { currentRevision } from '../revisions/currentRevision';
import { Resolution, RevisionResolver } from '../revisions/RevisionResolver';
import { NewRevision, RevisionRecord } from '../revisions/RevisionStore';
import { DeploymentProblemsError } from '../spec/DeploymentProblemsError';
import { parseDeploymentSpec } from '../spec/parseDeploymentSpec';
import { problem } from '../spec/problem';
import { trafficOf } from '../spec/trafficOf';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Candidates } from './Candidates';
import { Precondition, requirePrecondition } from './deploymentEtag';
import { isWantedAlready } from './isWantedAlready';
import { requireSource } from './requireSource';

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
export class ApplicationReader {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      environments: Environments;
      metric: (name: string) => CatalogueMetric | undefined;
      resolver: RevisionResolver;
      models: DeploymentModels;
      candidates: Candidates;
    },
  ) {}

  /** Throws `DeploymentProblemsError` with every reason by field, and where the actor may not. */
  async read(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions,
  ): Promise<Application> {
    const { store, environments, metric } = this.options;
    const { resolver, models, candidates } = this.options;
    const parsed = parseDeploymentSpec(name, input);
    if (!parsed.spec) {
      throw new DeploymentProblemsError(name, parsed.problems);
    }
    const spec = parsed.spec;
    const unusable = placeProblems(spec, environments, metric);
    if (unusable.length > 0) {
      throw new DeploymentProblemsError(name, unusable);
    }
    const resolution = await resolver.resolve(spec, ref =>
      models.deployable(ref, spec.environment, actor),
    );
    const { model } = resolution;
    const problems = [
      ...resolution.problems,
      ...analysisProblems(spec, metric),
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
      ...candidates.of(spec, existing, revision, actor),
      lifts: existing && liftedBy(existing, spec, waiting),
    };
    const assessment = isSameRevision
      ? undefined
      : await candidates.assess(name, spec, existing, candidate);
    return {
      ...{ spec, model, resolution, existing, current, revision },
      ...{ isSameRevision, candidate, assessment },
    };
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
