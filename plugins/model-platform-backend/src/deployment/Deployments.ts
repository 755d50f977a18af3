import { setTimeout as sleep } from 'node:timers/promises';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  DeploymentEvent,
  DeploymentSpec,
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
} from './DeploymentStore';
import { Environments } from './Environments';
import { parseDeploymentSpec } from './parseDeploymentSpec';
import { problem } from './problem';
import { repeated } from './repeated';
import { RevisionResolver, variantsOf } from './RevisionResolver';
import { rollbackTarget } from './rollbackTarget';
import { sameContent } from './sameContent';
import { trafficOf } from './trafficOf';
import { whatMoved } from './whatMoved';

/** How long a new deployment waits for one of the same name to be gone. */
const REMOVAL_TIMEOUT_MS = 15_000;

export interface ApplyOptions {
  reason?: string;
  /** `api`, or the location of a file in Git. */
  source?: string;
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
}

/**
 * The rules of deployments, the same for every door: API, CLI, pages, Git.
 * Each change of desired state is one transaction with its revision and its
 * entry in the history; making it so is the reconciler's work.
 */
export class Deployments {
  private readonly resolver: RevisionResolver;
  readonly models: DeploymentModels;

  constructor(private readonly options: DeploymentsOptions) {
    this.resolver = new RevisionResolver(options.models);
    this.models = new DeploymentModels(options.store, options.models);
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

  private async applyOnce(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions,
  ): Promise<DeploymentRecord> {
    const { store } = this.options;
    const parsed = parseDeploymentSpec(name, input);
    if (!parsed.spec) {
      throw new DeploymentProblemsError(name, parsed.problems);
    }
    const spec = parsed.spec;
    if (!this.options.environments.has(spec.environment)) {
      throw new DeploymentProblemsError(name, [
        problem(
          'spec.environment',
          `there is no such environment; there are: ${this.options.environments
            .names()
            .join(', ')}`,
          spec.environment,
          this.options.environments.names()[0],
        ),
      ]);
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
      traffic: trafficOf(spec),
    };
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
        },
        revision,
        { actor: actor.name, action: 'applied', reason: options.reason },
      );
      this.options.announce(created, 'applied');
      return created;
    }
    await this.requireSame(existing, spec, model, actor);
    await this.models.requireOpen(existing, resolution.models, actor);
    requireMatch(existing, options.ifMatch);
    const current = await currentRevision(this.options.store, existing);
    const sameSpec = canonicalJson(existing.spec) === canonicalJson(spec);
    const sameRevision =
      current !== undefined && sameContent(current, revision);
    if (
      sameSpec &&
      sameRevision &&
      (options.source ?? existing.source) === existing.source
    ) {
      return existing;
    }
    const changed = await store.change(existing, {
      set: {
        ...(sameSpec ? {} : { spec }),
        owner: spec.owner ?? model.owner,
        model: model.name,
        modelSlug: model.slug,
        source: options.source ?? existing.source,
        watched: resolution.watched,
      },
      revision: sameRevision ? undefined : revision,
      history: { actor: actor.name, action: 'applied', reason: options.reason },
    });
    this.options.announce(changed, 'applied');
    return changed;
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
    options: { revision?: number; reason?: string; ifMatch?: string } = {},
  ): Promise<DeploymentRecord> {
    const { store } = this.options;
    const deployment = await this.changeable(name, actor, options.ifMatch);
    const target = await rollbackTarget(store, deployment, options.revision);
    await this.models.requireVersions(deployment, target, actor);
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
        traffic: target.traffic,
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
          shadow: undefined,
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
        variants: [{ ...variant, weight: 100, shadow: undefined }],
        resources: current.resources,
        traffic: current.traffic,
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
    options: { reason?: string; ifMatch?: string } = {},
  ): Promise<void> {
    const deleted = await repeated(options, async () => {
      const deployment = await this.changeable(name, actor, options.ifMatch);
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

  /**
   * Makes a new revision where a version was published or an alias moved since
   * the last one. Compares what is with what was seen, so that no event need
   * arrive.
   */
  async followTriggers(
    deployment: DeploymentRecord,
  ): Promise<DeploymentRecord> {
    const resolution = await this.resolver.resolve(deployment.spec);
    if (
      resolution.problems.length > 0 ||
      canonicalJson(resolution.watched) === canonicalJson(deployment.watched)
    ) {
      return deployment;
    }
    if ((await this.models.added(deployment, resolution.models)).length > 0) {
      // The name of a model means another one by now: nobody has decided on that.
      return deployment;
    }
    const current = await currentRevision(this.options.store, deployment);
    const reason = whatMoved(deployment, resolution.watched);
    const revision: NewRevision = {
      actor: platformActor.name,
      reason,
      variants: resolution.variants,
      resources: deployment.spec.resources,
      traffic: trafficOf(deployment.spec),
    };
    const changed = await this.options.store.change(deployment, {
      set: { watched: resolution.watched },
      revision:
        current && sameContent(current, revision) ? undefined : revision,
      history: { actor: platformActor.name, action: 'triggered', reason },
    });
    this.options.announce(changed, 'applied');
    return changed;
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
