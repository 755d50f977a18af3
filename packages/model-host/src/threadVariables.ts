/** Variables by which libraries are told how many threads to start. */
const LIBRARIES = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'VECLIB_MAXIMUM_THREADS',
  'RAYON_NUM_THREADS',
];

/**
 * As many threads as there are whole cores to run them, one at least: more than
 * that wait for each other. Nothing where a runner may use all cores.
 */
export function threadVariables(
  cores: number | undefined,
): Record<string, string> {
  if (cores === undefined) {
    return {};
  }
  const threads = Math.max(1, Math.ceil(cores));
  return {
    ...Object.fromEntries(LIBRARIES.map(name => [name, String(threads)])),
    // Reading files and names of servers waits for others, not for cores.
    UV_THREADPOOL_SIZE: String(Math.max(4, threads)),
  };
}
