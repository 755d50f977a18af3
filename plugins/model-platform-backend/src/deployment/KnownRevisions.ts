import { DeploymentStore, RevisionRecord } from './DeploymentStore';

const MAX_CACHED = 2_000;

/** What was decided when a revision was made, which never changes. */
export type RevisionContent = Omit<RevisionRecord, 'firstServedAt'>;

/** Revisions for what looks at them again and again: each is read once. */
export class KnownRevisions {
  private readonly known = new Map<string, RevisionContent>();

  constructor(private readonly store: Pick<DeploymentStore, 'revision'>) {}

  async get(
    deploymentId: string,
    number: number,
  ): Promise<RevisionContent | undefined> {
    const key = `${deploymentId}/${number}`;
    const known = this.known.get(key);
    if (known) return known;
    const found = await this.store.revision(deploymentId, number);
    if (!found) return undefined;
    const { firstServedAt, ...content } = found;
    if (this.known.size >= MAX_CACHED) this.known.clear();
    this.known.set(key, content);
    return content;
  }
}
