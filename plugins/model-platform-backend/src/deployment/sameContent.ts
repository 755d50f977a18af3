import { canonicalJson } from '../canonicalJson';
import { NewRevision } from './DeploymentStore';

/** Whether two revisions serve the same, whoever made them and why. */
export function sameContent(a: NewRevision, b: NewRevision): boolean {
  return (
    canonicalJson([a.variants, a.resources, a.traffic]) ===
    canonicalJson([b.variants, b.resources, b.traffic])
  );
}
