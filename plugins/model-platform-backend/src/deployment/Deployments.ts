import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  DeploymentEvent,
  DeploymentSpec,
  Model,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { ChangedMeanwhileError } from './ChangedMeanwhileError';
import { DeployableModels } from './DeployableModels';
import { DeploymentActor, platformActor } from './DeploymentActor';
import { DeploymentProblemsError } from './DeploymentProblemsError';
import {
  DeploymentRecord,
  DeploymentStore,
  NewRevision,
  RevisionRecord,
} from './DeploymentStore';
import { Environments } from './Environments';
import { parseDeploymentSpec, problem } from './parseDeploymentSpec';
import { RevisionResolver, variantsOf } from './RevisionResolver';

/** How long a new deployment waits for one of the same name to be gone. */
const REMOVAL_TIMEOUT_MS = 15_000;

/** Of a change that says what shall be, whatever was before. */
const MAX_ATTEMPTS = 5;

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

  constructor(private readonly options: DeploymentsOptions) {
    this.resolver = new RevisionResolver(options.models);
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
      this.deployable(ref, spec.environment, actor),
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
    for (const added of await this.added(existing, resolution.models)) {
      await actor.requireOpen(added);
    }
    checkMatch(existing, options.ifMatch);
    const current = await this.currentRevision(existing);
    const sameSpec = equal(existing.spec, spec);
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

  /**
   * Every model that the deployment speaks of, its own first; undefined where
   * one of them is not there any more.
   */
  async modelsOf(deployment: DeploymentRecord): Promise<Model[] | undefined> {
    const models: Model[] = [];
    for (const id of await this.modelIds(deployment)) {
      const model = await this.options.models.byId(id);
      if (!model) {
        return undefined;
      }
      models.push(model);
    }
    return models;
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
    const target = await this.rollbackTarget(deployment, options.revision);
    await this.requireVersions(deployment, target, actor);
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
    const current = await this.currentRevision(deployment);
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
      equal(resolution.watched, deployment.watched)
    ) {
      return deployment;
    }
    if ((await this.added(deployment, resolution.models)).length > 0) {
      // The name of a model means another one by now: nobody has decided on that.
      return deployment;
    }
    const current = await this.currentRevision(deployment);
    const reason = whatMoved(deployment, resolution.watched);
    const revision: NewRevision = {
      actor: platformActor.name,
      reason,
      variants: resolution.variants,
      resources: deployment.spec.resources,
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
    await this.requireDeploy(deployment, actor);
    checkMatch(deployment, ifMatch);
    return deployment;
  }

  /**
   * On every model it speaks of: who may not see one of them may not know of
   * the deployment, whichever comes first.
   */
  private async requireDeploy(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
  ): Promise<void> {
    const models = await this.modelsOf(deployment);
    if (!models) {
      throw deploymentNotFound(deployment.name);
    }
    const refusals: unknown[] = [];
    for (const model of models) {
      try {
        await actor.requireDeploy(model, deployment.environment);
      } catch (error) {
        if (error instanceof NotFoundError) {
          throw deploymentNotFound(deployment.name);
        }
        refusals.push(error);
      }
    }
    if (refusals.length > 0) {
      throw refusals[0];
    }
  }

  private async modelIds(deployment: DeploymentRecord): Promise<string[]> {
    const found = await this.options.store.modelIds([deployment]);
    return found.get(deployment.id) ?? [];
  }

  /** Those of the models that the deployment did not speak of until now. */
  private async added(
    deployment: DeploymentRecord,
    models: Map<string, Model>,
  ): Promise<Model[]> {
    const known = await this.modelIds(deployment);
    return [...models.values()].filter(({ id }) => !known.includes(id));
  }

  /** What may not be seen is not there. */
  private async deployable(
    ref: string,
    environment: string,
    actor: DeploymentActor,
  ): Promise<Model | undefined> {
    const model = await this.options.models.find(ref);
    if (!model) {
      return undefined;
    }
    try {
      await actor.requireDeploy(model, environment);
      return model;
    } catch (error) {
      if (error instanceof NotFoundError) {
        return undefined;
      }
      throw error;
    }
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
        await this.requireDeploy(existing, actor);
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
      await this.requireDeploy(existing, actor);
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

  private async rollbackTarget(
    deployment: DeploymentRecord,
    number: number | undefined,
  ): Promise<RevisionRecord> {
    const { store } = this.options;
    if (number !== undefined) {
      const revision = await store.revision(deployment.id, number);
      if (!revision) {
        throw new NotFoundError(
          `Deployment ${deployment.name} has no revision ${number}`,
        );
      }
      return revision;
    }
    const current = await this.currentRevision(deployment);
    let before = deployment.revision;
    for (;;) {
      const page = await store.revisions(deployment.id, { limit: 50, before });
      const target = page.find(
        revision =>
          revision.firstServedAt && current && !sameContent(revision, current),
      );
      if (target) {
        return target;
      }
      before = page.at(-1)?.number;
      if (before === undefined) {
        throw new InputError(
          `Deployment ${deployment.name} has no earlier revision that has served and differs from the present one`,
        );
      }
    }
  }

  private async requireVersions(
    deployment: DeploymentRecord,
    revision: RevisionRecord,
    actor: DeploymentActor,
  ): Promise<void> {
    const models = new Map<string, Model>();
    for (const { modelId, model, version } of revision.variants) {
      const known = await this.options.models.byId(modelId);
      try {
        if (known) {
          await actor.requireDeploy(known, deployment.environment);
          models.set(modelId, known);
        }
      } catch (error) {
        // Not even which.
        throw error instanceof NotFoundError
          ? new NotAllowedError(
              `Not allowed: revision ${revision.number} serves a further model too, and this needs the right to deploy that one; its owner or a platform admin can give it`,
            )
          : error;
      }
      const found = await this.options.models.version(modelId, version);
      if (found?.status !== 'ready') {
        throw new InputError(
          `Revision ${
            revision.number
          } serves version ${version} of ${model}, which is ${
            found?.status ?? 'gone'
          }`,
        );
      }
    }
    for (const added of await this.added(deployment, models)) {
      await actor.requireOpen(added);
    }
  }

  private async watchedNow(spec: DeploymentSpec) {
    return (await this.resolver.resolve(spec)).watched;
  }

  private async currentRevision(
    deployment: DeploymentRecord,
  ): Promise<RevisionRecord | undefined> {
    return deployment.revision === undefined
      ? undefined
      : await this.options.store.revision(deployment.id, deployment.revision);
  }
}

/** The same for what does not exist and what may not be seen. */
export function deploymentNotFound(name: string): NotFoundError {
  return new NotFoundError(`There is no deployment ${name}`);
}

/** Changes with every change of desired state. */
export function etagOf(deployment: DeploymentRecord): string {
  return `"${deployment.id.slice(0, 8)}-${deployment.changes}"`;
}

function checkMatch(
  deployment: DeploymentRecord,
  ifMatch: string | undefined,
): void {
  if (ifMatch === undefined || ifMatch === '*') {
    return;
  }
  const wanted = ifMatch.split(',').map(tag => tag.trim().replace(/^W\//, ''));
  if (!wanted.includes(etagOf(deployment))) {
    throw new ConflictError(
      `Deployment ${deployment.name} was changed since it was read (${etagOf(
        deployment,
      )}); read it again`,
    );
  }
}

function sameContent(a: NewRevision, b: NewRevision): boolean {
  return equal([a.variants, a.resources], [b.variants, b.resources]);
}

function equal(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : inner,
  );
}

function whatMoved(
  deployment: DeploymentRecord,
  now: DeploymentRecord['watched'],
): string {
  const moved: string[] = [];
  for (const [modelId, { latest, aliases }] of Object.entries(now)) {
    const before = deployment.watched[modelId];
    if (latest !== undefined && latest !== before?.latest) {
      moved.push(`version ${latest} was published`);
    }
    for (const [alias, version] of Object.entries(aliases ?? {})) {
      if (before?.aliases?.[alias] !== version) {
        moved.push(`alias ${alias} was moved to version ${version}`);
      }
    }
  }
  const text = moved.join(', ') || 'the models it follows changed';
  return text[0].toLocaleUpperCase('en-US') + text.slice(1);
}

/**
 * Again where someone else was quicker, e.g. a trigger of the platform's own:
 * who names no state it must come from is not refused for that.
 */
async function repeated<T>(
  options: { ifMatch?: string },
  change: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (
        !(error instanceof ChangedMeanwhileError) ||
        options.ifMatch !== undefined ||
        attempt >= MAX_ATTEMPTS
      ) {
        throw error;
      }
    }
  }
}
