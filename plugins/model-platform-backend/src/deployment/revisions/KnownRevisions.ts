import { NotFoundError } from '@backstage/errors';
import { LRUCache } from 'lru-cache';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord, RevisionStore } from './RevisionStore';

/** Two of each deployment while it is rolled out: room for thousands of them. */
const MAX_CACHED = 10_000;

/** What was decided when a revision was made, which never changes. */
export type RevisionContent = Omit<RevisionRecord, 'firstServedAt'>;

/** Revisions for what looks at them again and again: each is read once. */
export class KnownRevisions {
  private readonly known = new LRUCache<string, RevisionContent>({
    max: MAX_CACHED,
  });

  constructor(private readonly store: Pick<RevisionStore, 'get'>) {}

  async get(
    deploymentId: string,
    number: number,
  ): Promise<RevisionContent | undefined> {
    const key = `${deploymentId}/${number}`;
    const known = this.known.get(key);
    if (known) return known;
    const found = await this.store.get(deploymentId, number);
    if (!found) return undefined;
    const { firstServedAt, ...content } = found;
    this.known.set(key, content);
    return content;
  }

  /** Throws `NotFoundError`. */
  async require(
    { id, name }: Pick<DeploymentRecord, 'id' | 'name'>,
    number: number | undefined,
  ): Promise<RevisionContent> {
    const revision =
      number === undefined ? undefined : await this.get(id, number);
    if (!revision) {
      throw new NotFoundError(`Deployment ${name} has no revision ${number}`);
    }
    return revision;
  }
}
