/** How the cluster is asked, and how long it is trusted. */
export interface ClusterLimits {
  /** Objects of one answer of a list. */
  pageSize: number;
  /** Nothing is said to be as it was told last, once the cluster has not been heard of for so many milliseconds. */
  silenceMs: number;
  /** Secrets are never read: whatever became of them, they are written again after so many milliseconds. */
  secretsMs: number;
}

export const CLUSTER_LIMITS: ClusterLimits = {
  pageSize: 500,
  silenceMs: 60_000,
  secretsMs: 5 * 60_000,
};
