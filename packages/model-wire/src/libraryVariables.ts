/** Variables by which libraries are told how many threads to start. */
const THREADS = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'RAYON_NUM_THREADS',
];

/**
 * What libraries of a runner are told by variables, wherever it runs: to start
 * as many threads as there are whole cores to run them, one at least, for more
 * than that wait for each other; and to report nothing to their makers.
 *
 * @param cpuCores - that the runner may use; all where absent, and libraries find out themselves
 */
export function libraryVariables(
  cpuCores: number | undefined,
): Record<string, string> {
  return {
    DO_NOT_TRACK: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    ORT_DISABLE_TELEMETRY: '1',
    // Its id has no name of its own, which some libraries look for.
    USER: 'model',
    LOGNAME: 'model',
    ...(cpuCores === undefined ? {} : threadVariables(cpuCores)),
  };
}

function threadVariables(cpuCores: number): Record<string, string> {
  const threads = Math.max(1, Math.ceil(cpuCores));
  return {
    ...Object.fromEntries(THREADS.map(name => [name, String(threads)])),
    // Reading files and names of servers waits for others, not for cores.
    UV_THREADPOOL_SIZE: String(Math.max(4, threads)),
  };
}
