import { canonicalJson } from '../../canonicalJson';
import { NewRevision } from './RevisionStore';

type Content = Pick<NewRevision, 'variants' | 'resources' | 'traffic'>;

/** Whether two revisions serve the same, whoever made them and why. */
export function sameContent(a: Content, b: Content): boolean {
  return (
    canonicalJson([a.variants, a.resources, a.traffic]) ===
    canonicalJson([b.variants, b.resources, b.traffic])
  );
}
