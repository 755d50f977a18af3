/** An engine inside its thread: made once, then one job after another. */
export type SolverEngine = (
  job: unknown,
  progress: (value: unknown) => void,
) => Promise<unknown>;
