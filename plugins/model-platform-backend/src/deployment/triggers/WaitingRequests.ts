import { platformActor } from '../access/DeploymentActor';
import { Announce } from '../changes/Announce';
import { isSettled } from '../changes/isSettled';
import { Assessment } from '../checks/RevisionAssessor';
import { allGates } from '../gates/allGates';
import { approversOf } from '../gates/approversOf';
import { requestOf, standingOf } from '../gates/requestOf';
import { RequestRecord } from '../gates/RequestStore';
import { waitingRequest } from '../gates/waitingRequest';
import { unlifted } from '../overrides/overrides';
import { currentRevision } from '../revisions/currentRevision';
import { Resolution } from '../revisions/RevisionResolver';
import { NewRevision } from '../revisions/RevisionStore';
import { sameContent } from '../revisions/sameContent';
import { trafficOf } from '../spec/trafficOf';
import { DeploymentStore, DesiredChange } from '../store/DeploymentStore';
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
    const { actor, reason, resources } = waiting;
    const revision: NewRevision = {
      ...{ actor, reason, variants, resources },
      traffic: trafficOf(deployment.spec),
      strategy: deployment.spec.strategy,
    };
    const isMoved = !isSame(variants, waiting.variants);
    if (isMoved && (await this.isInForce(deployment, revision)))
      return await this.drop(deployment, waiting, watched);
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
        actor === platformActor.name ? held : [],
        { isAgain: true },
      );
    let assessment = await judge(candidate.decisions);
    const why = isMoved
      ? `Its selectors mean other versions than what request ${waiting.number} was for`
      : whyAnew(waiting, candidate.gates, assessment);
    if (why && candidate.decisions.length > 0) assessment = await judge([]);
    if (assessment.holds) {
      const made = await store.change(deployment, {
        set: {
          watched,
          gates: deployment.spec.gates ?? [],
          ...lifted(deployment, waiting),
        },
        revision: { ...revision, room: assessment.room },
        ends: { state: 'made' },
        history: {
          actor: platformActor.name,
          action: 'gates-passed',
          reason,
          details: { request: waiting.number, lifted: waiting.lifts },
        },
      });
      announce(made, 'applied');
      return made;
    }
    if (why) {
      const changed = await store.change(deployment, {
        set: { watched },
        request: requestOf(candidate, reason, assessment),
        history: {
          actor: platformActor.name,
          action: 'requested',
          reason: `${why}: ${reason}`,
        },
      });
      announce(changed, 'requested');
      return changed;
    }
    await this.keepStanding(waiting, standingOf(assessment));
    return deployment;
  }

  /** Whether it would make what serves already. */
  private async isInForce(
    deployment: DeploymentRecord,
    revision: NewRevision,
  ): Promise<boolean> {
    const current = await currentRevision(this.options.store, deployment);
    return (
      current !== undefined &&
      sameContent(current, revision) &&
      isSettled(deployment)
    );
  }

  /** What was asked for is there, without a revision. */
  private async drop(
    deployment: DeploymentRecord,
    waiting: RequestRecord,
    watched: DeploymentRecord['watched'],
  ): Promise<DeploymentRecord> {
    const { store, announce } = this.options;
    const reason = 'Its selectors mean what serves again';
    const changed = await store.change(deployment, {
      set: { watched, ...lifted(deployment, waiting) },
      ends: { state: 'superseded', reason },
      history: {
        actor: platformActor.name,
        action: 'request-superseded',
        reason,
        details: { request: waiting.number, lifted: waiting.lifts },
      },
    });
    announce(changed, 'applied');
    return changed;
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

/** In words: why what was said of it so far does not count. */
function whyAnew(
  waiting: RequestRecord,
  gates: RequestRecord['gates'],
  { breaks }: Assessment,
): string | undefined {
  if (!isSame(breaks, waiting.breaks))
    return `It breaks the signature in another way than what request ${waiting.number} was for`;
  const before = approversOf(waiting);
  const added = approversOf({ gates, breaks }).filter(
    group => !before.includes(group),
  );
  return added.length > 0
    ? `It also takes the approval of ${added.join(
        ', ',
      )} by now, which request ${waiting.number} did not ask for`
    : undefined;
}

/** Without what a request lifts. */
function lifted(
  { overrides }: DeploymentRecord,
  { lifts }: RequestRecord,
): Pick<DesiredChange['set'], 'overrides'> {
  return lifts ? { overrides: unlifted(overrides, lifts) } : {};
}
