import { ConflictError, InputError } from '@backstage/errors';
import { DeploymentActor } from '../access/DeploymentActor';
import { CanaryDecisions } from '../canary/CanaryDecisions';
import { canaryOf, isCanaried } from '../canary/canaryOf';
import { SignatureCheck } from '../checks/SignatureCheck';
import { newOverride } from '../overrides/newOverride';
import { hasOverride, withOverride } from '../overrides/overrides';
import { currentRevision } from '../revisions/currentRevision';
import { givenUpOf } from '../revisions/givenUpOf';
import { NewRevision } from '../revisions/RevisionStore';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Announce } from './Announce';
import { Candidates } from './Candidates';

/** Gives all traffic to one variant; a revision of one gets it by itself, or by other means. */
export class Promotions {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      canaries: CanaryDecisions;
      signatures: SignatureCheck;
      candidates: Candidates;
      announce: Announce;
    },
  ) {}

  async promote(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    options: { variant?: string; reason?: string },
  ): Promise<DeploymentRecord> {
    const { store, canaries, signatures, announce } = this.options;
    const { name } = deployment;
    const { reason } = options;
    const current = await currentRevision(store, deployment);
    const names = current?.variants.map(({ name: own }) => own) ?? [];
    const isAlone = names.length === 1 && !isCanaried(deployment);
    if (isAlone && [undefined, names[0]].includes(options.variant)) {
      requireServing(deployment);
    }
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
      return await canaries.promote(deployment, actor, reason);
    }
    if (isAlone) {
      return deployment;
    }
    const alone = { ...variant, weight: 100, shadow: undefined };
    await signatures.requireCompatible(deployment, [alone]);
    const promoted: NewRevision = {
      actor: actor.name,
      reason: `Promoted ${variant.name}${reason ? `: ${reason}` : ''}`,
      // The version that was looked at is promoted, not what its selector means by now.
      variants: [alone],
      resources: current.resources,
      traffic: current.traffic,
    };
    if (variant.shadow !== undefined) {
      await this.requireGates(deployment, promoted, actor);
    }
    const changed = await store.change(deployment, {
      set: {
        overrides: withOverride(deployment.overrides, {
          ...newOverride('promote', actor, reason),
          variant: variant.name,
        }),
      },
      revision: promoted,
      history: {
        actor: actor.name,
        action: 'promoted',
        reason,
        details: { variant: variant.name, version: variant.version },
      },
    });
    announce(changed, 'applied');
    return changed;
  }

  /** Of what has answered nobody so far, and cannot wait as what a spec asks for does. */
  private async requireGates(
    deployment: DeploymentRecord,
    revision: NewRevision,
    actor: DeploymentActor,
  ): Promise<void> {
    const { candidates } = this.options;
    const { name, spec } = deployment;
    const candidate = candidates.of(spec, deployment, revision, actor);
    const assessment = await candidates.assess(
      name,
      spec,
      deployment,
      candidate,
    );
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
}

/** Throws `ConflictError`, which says what lets it serve, where the revision that is wanted does not. */
function requireServing(deployment: DeploymentRecord): void {
  const { name, revision, servingRevision, overrides } = deployment;
  if (revision === servingRevision) return;
  const again = `\`model-platform rollback ${name} ${revision} --allow-unserved\` serves it all the same`;
  let why = 'is not ready yet; it gets all traffic once it is';
  if (canaryOf(deployment)?.phase === 'rolled-back') {
    why = `gets no traffic: its canary was rolled back; ${again}`;
  } else if (givenUpOf(deployment)) {
    why = `gets no traffic: it was given up; ${again}`;
  } else if (hasOverride(overrides, 'pause')) {
    why = `gets no traffic while a person has paused the deployment; \`model-platform resume ${name}\` lets it go on`;
  }
  throw new ConflictError(
    `Deployment ${name} has no canary under way, and its revision ${revision} ${why}`,
  );
}
