/** Whether a runner is neither gone nor about to go. */
export function isAlive(runner: { phase: string }): boolean {
  return runner.phase !== 'stopped' && runner.phase !== 'draining';
}
