import { DeploymentPlan } from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { DeploymentActor } from '../access/DeploymentActor';
import { Candidate, gatesInForce } from '../checks/RevisionAssessor';
import { requestOf } from '../gates/requestOf';
import { waitingRequest } from '../gates/waitingRequest';
import { holdsRevision, unlifted } from '../overrides/overrides';
import { specChanges } from '../spec/specChanges';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Announce } from './Announce';
import { ApplicationReader, ApplyOptions } from './ApplicationReader';
import { Precondition } from './deploymentEtag';
import { repeated } from './repeated';
import { isDeclared } from './requireSource';
import { storeOf } from './storeOf';

/** Makes of deployments what documents say that they shall be. */
export class Applications {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      reader: ApplicationReader;
      announce: Announce;
    },
  ) {}

  async apply(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: ApplyOptions,
  ): Promise<DeploymentRecord> {
    return await repeated(options, () =>
      this.applyOnce(name, input, actor, options),
    );
  }

  async plan(
    name: string,
    input: unknown,
    actor: DeploymentActor,
    options: Precondition,
  ): Promise<DeploymentPlan> {
    const { spec, existing, candidate, isSameRevision, assessment } =
      await this.options.reader.read(name, input, actor, options);
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
    const { reader, announce } = this.options;
    const store = storeOf(this.options.store, options);
    const application = await reader.read(name, input, actor, options);
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
}
