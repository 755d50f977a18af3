import { platformActor } from '../access/DeploymentActor';
import { Candidate } from '../checks/RevisionAssessor';
import { requestOf } from '../gates/requestOf';
import { waitingRequest } from '../gates/waitingRequest';
import { DeploymentModels } from '../models/DeploymentModels';
import { isHeld, unlifted } from '../overrides/overrides';
import { currentRevision } from '../revisions/currentRevision';
import { Resolution } from '../revisions/RevisionResolver';
import { NewRevision } from '../revisions/RevisionStore';
import { sameContent } from '../revisions/sameContent';
import { trafficOf } from '../spec/trafficOf';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { onlyRisen, onlyTaken } from './followed';
import { isSame } from './isSame';
import {
  TriggeredCandidates,
  TriggeredCandidatesOptions,
} from './TriggeredCandidates';
import { Signs, TriggerSigns, TriggerSignsOptions } from './TriggerSigns';
import { WaitingRequests } from './WaitingRequests';
import { whatMoved } from './whatMoved';

export type TriggersOptions = TriggerSignsOptions &
  TriggeredCandidatesOptions & { deploymentModels: DeploymentModels };

/**
 * Makes revisions by itself: where a version was published or an alias moved,
 * a schedule came round, a figure is beyond its bound, or what somebody asked
 * for has its gates. Compares what is with what was seen last, which is kept,
 * so that no event need arrive and none is missed.
 */
export class Triggers {
  private readonly signs: TriggerSigns;
  private readonly candidates: TriggeredCandidates;
  private readonly requests: WaitingRequests;

  constructor(private readonly options: TriggersOptions) {
    const { store, announce } = options;
    this.signs = new TriggerSigns(options);
    this.candidates = new TriggeredCandidates(options);
    this.requests = new WaitingRequests({
      ...{ store, candidates: this.candidates, announce },
    });
  }

  /** @param resolution - what the selectors of its spec mean now, without versions that no trigger takes */
  async follow(
    deployment: DeploymentRecord,
    resolution: Resolution,
  ): Promise<DeploymentRecord> {
    const { store, deploymentModels } = this.options;
    const signs = await this.signs.read(deployment, resolution);
    if ('changed' in signs) return signs.changed;
    // Where the name of a model means another one by now, nobody has decided on that.
    const isDecided =
      (await deploymentModels.added(deployment, resolution.models)).length ===
      0;
    let changed = deployment;
    if (resolution.problems.length === 0 && isDecided) {
      const before = onlyTaken(deployment.watched);
      const now = onlyTaken(resolution.watched);
      // What serves goes on where it is archived; what does not serve yet is not begun.
      const { revision, servingRevision } = deployment;
      const isServing = revision !== undefined && servingRevision === revision;
      const isMoved = !isSame(isServing ? onlyRisen(before, now) : now, before);
      const causes = [
        ...(isMoved ? [whatMoved(before, now)] : []),
        ...signs.due,
      ];
      if (causes.length > 0) {
        changed = await this.propose(
          deployment,
          resolution,
          causes.join('; '),
          signs,
        );
      } else if (!isSame(resolution.watched, deployment.watched)) {
        changed = await store.change(deployment, {
          set: { watched: resolution.watched },
          history: {
            actor: platformActor.name,
            action: 'passed-over',
            reason: isSame(now, before)
              ? `${whatMoved(
                  deployment.watched,
                  resolution.watched,
                )}, which no trigger takes`
              : `${whatMoved(before, now)}; what serves goes on`,
          },
        });
      }
      if (signs.due.length > 0)
        await store.triggerStates.save(deployment.id, signs.states);
    }
    return changed === deployment && deployment.waitingRequest !== undefined
      ? await this.requests.attend(deployment, resolution, signs.held)
      : changed;
  }

  /**
   * What a changed spec asks for lifts what persons put beside the spec, but not
   * before it is made.
   */
  async followHeld(
    deployment: DeploymentRecord,
    resolution: Resolution,
  ): Promise<DeploymentRecord> {
    const waiting = await waitingRequest(this.options.store, deployment);
    return waiting?.lifts &&
      !isHeld(unlifted(deployment.overrides, waiting.lifts))
      ? await this.requests.attend(deployment, resolution, [])
      : deployment;
  }

  /** What a trigger asks for: made at once where nothing is in its way. */
  private async propose(
    deployment: DeploymentRecord,
    resolution: Resolution,
    reason: string,
    { held, rolledBackFrom }: Signs,
  ): Promise<DeploymentRecord> {
    const { store, announce } = this.options;
    const current = await currentRevision(store, deployment);
    const { variants, watched } = resolution;
    const { resources, strategy } = deployment.spec;
    const actor = platformActor.name;
    const traffic = trafficOf(deployment.spec);
    const revision: NewRevision = {
      ...{ actor, reason, variants, resources, traffic, strategy },
    };
    const history = { actor, action: 'triggered', reason };
    if (current && sameContent(current, revision)) {
      if (isSame(watched, deployment.watched)) return deployment;
      const made = await store.change(deployment, {
        set: { watched },
        history,
      });
      announce(made, 'applied');
      return made;
    }
    if (rolledBackFrom && sameContent(rolledBackFrom, revision)) {
      return await store.change(deployment, {
        set: { watched },
        history: {
          actor,
          action: 'passed-over',
          reason: `${reason}, which means what revision ${rolledBackFrom.number} was, and that was rolled back`,
        },
      });
    }
    const waiting = await waitingRequest(this.options.store, deployment);
    if (waiting && isSame(waiting.variants, variants)) {
      // It is asked for already.
      return isSame(watched, deployment.watched)
        ? deployment
        : await store.change(deployment, { set: { watched }, history });
    }
    const candidate: Candidate = {
      actor,
      requesters: await this.candidates.requesters(deployment, variants),
      variants,
      resources,
      gates: this.candidates.gates(deployment),
    };
    const assessment = await this.candidates.assess(
      deployment,
      candidate,
      held,
    );
    if (assessment.holds) {
      const made = await store.change(deployment, {
        set: { watched, gates: deployment.spec.gates ?? [] },
        revision: { ...revision, room: assessment.room },
        ends: { state: 'superseded', reason },
        history,
      });
      announce(made, 'applied');
      return made;
    }
    const changed = await store.change(deployment, {
      set: { watched },
      request: requestOf(candidate, reason, assessment),
      history: { actor, action: 'requested', reason },
    });
    announce(changed, 'requested');
    return changed;
  }
}
