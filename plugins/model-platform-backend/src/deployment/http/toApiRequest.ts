import {
  Condition,
  RevisionRequest,
} from '@model-platform/plugin-model-platform-common';
import { ConditionReason } from '../status/conditionReasons';
import { RequestRecord } from '../gates/RequestStore';

/** A request, and whether the one to whom it is shown may decide on it. */
export type ShownRequest = RequestRecord & { mayDecide?: boolean };

/** A request as the API shows it. */
export function toApiRequest(request: ShownRequest): RevisionRequest {
  return {
    number: request.number,
    state: request.state,
    actor: request.actor,
    reason: request.reason,
    createdAt: request.createdAt,
    variants: request.variants,
    breaks: request.breaks,
    gates: request.standing.gates,
    problems: request.standing.problems,
    decisions: request.decisions,
    mayDecide: request.mayDecide,
    closedAt: request.closedAt,
    closedReason: request.closedReason,
    revision: request.revision,
  };
}

/** What a deployment's next revision waits for, as a condition. */
export function waitingCondition(
  { standing, reason, actor, createdAt }: RequestRecord,
  observedGeneration: number,
): Condition {
  const unmet = standing.gates.filter(({ holds }) => !holds);
  const texts = [...standing.problems, ...unmet.map(({ message }) => message)];
  return {
    type: 'Waiting',
    status: 'True',
    reason: reasonOf(standing),
    message: `The next revision (${reason}), asked for by ${actor} since ${createdAt}: ${texts.join(
      '; ',
    )}`,
    lastTransitionTime: createdAt,
    lastTransitionAt: createdAt,
    observedGeneration,
  };
}

function reasonOf({
  gates,
  problems,
}: RequestRecord['standing']): ConditionReason {
  if (problems.length > 0) return 'CannotBeMade';
  const unmet = gates.find(({ holds }) => !holds)?.gate;
  if (unmet?.approval) return 'WaitingForApproval';
  return unmet?.evidence ? 'WaitingForEvidence' : 'WaitingForWindow';
}
