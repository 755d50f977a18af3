/** What refers to blobs: the reason why they are kept. */
export interface BlobReferences {
  /** Of these digests those that nothing of the system refers to. */
  unused(system: string, digests: string[]): Promise<Set<string>>;
  /**
   * Calls back where nothing refers to the blob, while nobody can begin to.
   * @returns whether it did
   */
  removeUnused(
    system: string,
    digest: string,
    remove: () => Promise<void>,
  ): Promise<boolean>;
  /**
   * Keeps blobs from being removed while `work` makes something refer to them:
   * each from when its digest was given to `hold` until `work` has ended.
   */
  holding<T>(
    system: string,
    work: (hold: (...digests: string[]) => Promise<void>) => Promise<T>,
  ): Promise<T>;
  /** Ends what has been held since before then: whoever held it was killed. */
  endHolds(before: Date): Promise<void>;
  /** Of these owners of parts those that are drafts, and may send more. */
  drafts(owners: string[]): Promise<Set<string>>;
}
