import { DeploymentOverride } from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from '../access/DeploymentActor';
import { Announce } from '../changes/Announce';
import { Candidates } from '../changes/Candidates';
import {
  ChangeableDeployments,
  ChangeOptions,
} from '../changes/ChangeableDeployments';
import { repeated } from '../changes/repeated';
import { NewRequest } from '../gates/RequestStore';
import { requestOf } from '../gates/requestOf';
import { DeploymentModels } from '../models/DeploymentModels';
import { currentRevision } from '../revisions/currentRevision';
import { Resolution } from '../revisions/RevisionResolver';
import { NewRevision } from '../revisions/RevisionStore';
import { sameContent } from '../revisions/sameContent';
import { DeploymentProblemsError } from '../spec/DeploymentProblemsError';
import { trafficOf } from '../spec/trafficOf';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { TakenVersions } from '../triggers/TakenVersions';
import { newOverride } from './newOverride';
import {
  hasOverride,
  holdsContent,
  withOverride,
  withoutOverride,
} from './overrides';

/** Puts beside the spec what persons want for now, and lifts it again. */
export class ManualOverrides {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      changeable: ChangeableDeployments;
      models: DeploymentModels;
      taken: TakenVersions;
      candidates: Candidates;
      announce: Announce;
    },
  ) {}

  async setOff(
    name: string,
    off: boolean,
    actor: DeploymentActor,
    options: ChangeOptions,
  ): Promise<DeploymentRecord> {
    const { store, changeable, announce } = this.options;
    return await repeated(options, async () => {
      const deployment = await changeable.require(name, actor, options.ifMatch);
      if (deployment.off === off) {
        return deployment;
      }
      const action = off ? 'off' : 'on';
      const changed = await store.change(deployment, {
        set: {
          overrides: off
            ? withOverride(
                deployment.overrides,
                newOverride('off', actor, options.reason),
              )
            : withoutOverride(deployment.overrides, 'off'),
        },
        history: { actor: actor.name, action, reason: options.reason },
      });
      announce(changed, action);
      return changed;
    });
  }

  async pause(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions,
  ): Promise<DeploymentRecord> {
    const { store, changeable, announce } = this.options;
    return await repeated(options, async () => {
      const deployment = await changeable.require(name, actor, options.ifMatch);
      if (hasOverride(deployment.overrides, 'pause')) {
        return deployment;
      }
      const changed = await store.change(deployment, {
        set: {
          overrides: withOverride(
            deployment.overrides,
            newOverride('pause', actor, options.reason),
          ),
        },
        history: {
          actor: actor.name,
          action: 'paused',
          reason: options.reason,
        },
      });
      announce(changed, 'applied');
      return changed;
    });
  }

  async lift(
    name: string,
    actor: DeploymentActor,
    options: ChangeOptions & { kind?: DeploymentOverride['kind'] },
  ): Promise<DeploymentRecord> {
    const { store, changeable, announce } = this.options;
    return await repeated(options, async () => {
      const deployment = await changeable.require(name, actor, options.ifMatch);
      const overrides = withoutOverride(deployment.overrides, options.kind);
      if (overrides.length === deployment.overrides.length) {
        return deployment;
      }
      const lifted = deployment.overrides.filter(
        one => !overrides.includes(one),
      );
      const asked = holdsContent(lifted)
        ? await this.askedFor(deployment, actor, options.reason)
        : undefined;
      const changed = await store.change(deployment, {
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
      announce(changed, deployment.off && !changed.off ? 'on' : 'applied');
      if (asked?.request) announce(changed, 'requested');
      return changed;
    });
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
    const { store, models, taken, candidates } = this.options;
    const { spec, name } = deployment;
    const resolution = await taken.resolve(deployment, {
      find: ref => models.deployable(ref, spec.environment, actor),
    });
    if (resolution.problems.length > 0) {
      throw new DeploymentProblemsError(name, resolution.problems);
    }
    await models.requireOpen(deployment, resolution.models, actor);
    const revision: NewRevision = {
      actor: actor.name,
      reason: `As the spec says again${reason ? `: ${reason}` : ''}`,
      variants: resolution.variants,
      resources: spec.resources,
      traffic: trafficOf(spec),
      strategy: spec.strategy,
    };
    const { watched } = resolution;
    const current = await currentRevision(store, deployment);
    if (current && sameContent(current, revision)) return { watched };
    const candidate = candidates.of(spec, deployment, revision, actor);
    const assessment = await candidates.assess(
      name,
      spec,
      deployment,
      candidate,
    );
    return assessment.holds
      ? { watched, revision: { ...revision, room: assessment.room } }
      : { watched, request: requestOf(candidate, revision.reason, assessment) };
  }
}
