/** What a person decided on the canary of one revision. */
export interface CanaryDecision {
  revision: number;
  /** `advance`: the step that waits for a person may be left. */
  verdict: 'promote' | 'abort' | 'advance';
  /** Of `advance`. */
  step?: number;
  by: string;
  at: string;
  reason?: string;
}
