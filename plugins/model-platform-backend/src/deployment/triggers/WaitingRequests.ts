import { platformActor } from '../access/DeploymentActor';
import { Announce } from '../changes/Announce';
import { allGates } from '../gates/allGates';
import { requestOf, standingOf } from '../gates/requestOf';
import { RequestRecord } from '../gates/RequestStore';
import { waitingRequest } from '../gates/waitingRequest';
import { unlifted } from '../overrides/overrides';
import { Resolution } from '../revisions/RevisionResolver';
import { trafficOf } from '../spec/trafficOf';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { isSame } from './isSame';
import { TriggeredCandidates } from './TriggeredCandidates';

/** Makes what was asked for, once it has its gates. */
export class WaitingRequests {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      candidates: TriggeredCandidates;
      announce: Announce;
    },
  ) {}

  /** Looks whether what waits has its gates by now. */
  async attend(
    deployment: DeploymentRecord,
    resolution: Resolution,
    held: string[],
  ): Promise<DeploymentRecord> {
    const { store, candidates, announce } = this.options;
    const waiting = await waitingRequest(store, deployment);
    if (!waiting) return deployment;
    if (
      resolution.problems.length > 0 ||
      !isOfSameModels(waiting, resolution)
    ) {
      const problems = resolution.problems.map(
        ({ field, rule }) => `${field}: ${rule}`,
      );
      await this.keepStanding(waiting, {
        gates: waiting.standing.gates,
        problems:
          problems.length > 0
            ? problems
            : ['a name means another model by now; apply the deployment again'],
      });
      return deployment;
    }
    const { variants, watched } = resolution;
    const isByItself = waiting.actor === platformActor.name;
    const isMoved = !isSame(variants, waiting.variants);
    const candidate = {
      ...waiting,
      variants,
      requesters: isMoved
        ? await candidates.requesters(deployment, variants)
        : waiting.requesters,
      gates: allGates(waiting.gates, candidates.gates(deployment)),
      // What was said of other versions does not hold for these.
      decisions: isMoved ? [] : waiting.decisions,
    };
    const judge = (decisions: RequestRecord['decisions']) =>
      candidates.assess(
        deployment,
        { ...candidate, decisions },
        isByItself ? held : [],
        { isAgain: true },
      );
    let assessment = await judge(candidate.decisions);
    const isBrokenAnew = !isSame(assessment.breaks, waiting.breaks);
    if (isBrokenAnew && candidate.decisions.length > 0)
      assessment = await judge([]);
    if (assessment.holds) {
      const made = await store.change(deployment, {
        set: {
          watched,
          gates: deployment.spec.gates ?? [],
          ...(waiting.lifts
            ? { overrides: unlifted(deployment.overrides, waiting.lifts) }
            : {}),
        },
        revision: {
          actor: waiting.actor,
          reason: waiting.reason,
          variants,
          resources: waiting.resources,
          traffic: trafficOf(deployment.spec),
          strategy: deployment.spec.strategy,
          room: assessment.room,
        },
        ends: { state: 'made' },
        history: {
          actor: platformActor.name,
          action: 'gates-passed',
          reason: waiting.reason,
          details: { request: waiting.number, lifted: waiting.lifts },
        },
      });
      announce(made, 'applied');
      return made;
    }
    if (isMoved || isBrokenAnew) {
      const reason = `${
        isMoved
          ? 'Its selectors mean other versions'
          : 'It breaks the signature in another way'
      } than what request ${waiting.number} was for: ${waiting.reason}`;
      const changed = await store.change(deployment, {
        set: { watched },
        request: requestOf(candidate, waiting.reason, assessment),
        history: { actor: platformActor.name, action: 'requested', reason },
      });
      announce(changed, 'requested');
      return changed;
    }
    await this.keepStanding(waiting, standingOf(assessment));
    return deployment;
  }

  private async keepStanding(
    request: RequestRecord,
    standing: RequestRecord['standing'],
  ): Promise<void> {
    if (!isSame(standing, request.standing))
      await this.options.store.requests.saveStanding(request, standing);
  }
}

function isOfSameModels(
  { variants }: RequestRecord,
  resolution: Resolution,
): boolean {
  const known = new Set(variants.map(({ modelId }) => modelId));
  return resolution.variants.every(({ modelId }) => known.has(modelId));
}
