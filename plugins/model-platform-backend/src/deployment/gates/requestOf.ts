import { Assessment, Candidate } from '../checks/RevisionAssessor';
import { NewRequest, RequestStanding } from './RequestStore';

/** A revision that waits, with how it stands. */
export function requestOf(
  { actor, requesters, variants, resources, gates, lifts }: Candidate,
  reason: string,
  assessment: Assessment,
): NewRequest {
  return {
    ...{ actor, requesters, variants, resources, gates, lifts, reason },
    breaks: assessment.breaks,
    standing: standingOf(assessment),
  };
}

/** How a revision that waits stands. */
export function standingOf({ states, problems }: Assessment): RequestStanding {
  return {
    gates: states,
    problems: problems.map(({ field, rule }) => `${field}: ${rule}`),
  };
}
