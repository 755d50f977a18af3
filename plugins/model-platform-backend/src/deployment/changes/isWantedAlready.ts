import { DeploymentSpec } from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { RequestRecord } from '../gates/RequestStore';
import { holdsRevision } from '../overrides/overrides';
import { givenUpOf } from '../revisions/givenUpOf';
import { NewRevision, RevisionRecord } from '../revisions/RevisionStore';
import { sameContent } from '../revisions/sameContent';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { isSettled } from './isSettled';

/** Whether what a spec asks for needs no new revision. */
export function isWantedAlready(
  existing: DeploymentRecord,
  spec: DeploymentSpec,
  options: {
    current: RevisionRecord | undefined;
    revision: NewRevision;
    waiting: RequestRecord | undefined;
  },
): boolean {
  const { current, revision, waiting } = options;
  const isSame = current !== undefined && sameContent(current, revision);
  return canonicalJson(existing.spec) === canonicalJson(spec)
    ? // What a person put beside the spec holds until the spec changes.
      (holdsRevision(existing.overrides) && !waiting?.lifts) ||
        (isSame &&
          // What was only late may do better by now; what a canary has shown, it has shown.
          !givenUpOf(existing) &&
          (!waiting || isSettled(existing)))
    : isSame && isSettled(existing);
}
