/** How the cluster is asked, and how long it is trusted. */
export interface ClusterLimits {
  /** Objects of one answer of a list; the client's own where absent. */
  pageSize?: number;
  /** Once nothing was heard of the cluster for so many milliseconds, nothing counts as it was told last. */
  silenceMs: number;
  /** Secrets are never read: whatever became of them, they are written again after so many milliseconds. */
  secretsMs: number;
}

export const CLUSTER_LIMITS: ClusterLimits = {
  silenceMs: 60_000,
  secretsMs: 5 * 60_000,
};
