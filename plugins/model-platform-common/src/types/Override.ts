/**
 * What a person put beside the spec; it holds until the spec changes or it is
 * lifted. @public
 */
export interface DeploymentOverride {
  /**
   * `off`: nothing runs. `pause`: nothing moves. `promote`: one variant has all
   * traffic. `rollback`: an earlier revision serves.
   */
  kind: 'off' | 'pause' | 'promote' | 'rollback';
  by: string;
  since: string;
  reason?: string;
  /** Of `promote`. */
  variant?: string;
  /** Of `rollback`: the revision whose content serves again. */
  revision?: number;
}
