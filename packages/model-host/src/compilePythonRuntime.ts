import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { cleanEnvironment } from './cleanEnvironment';
import { HostSettings } from './HostSettings';

/**
 * Compiles the Python runtime in its place, as Python itself does where it may
 * write: confined runners may not, and would compile it at each of their starts.
 */
export function compilePythonRuntime({
  python,
  pythonPath,
}: HostSettings): void {
  if (python) {
    spawn(
      python,
      ['-m', 'compileall', '-q', join(pythonPath, 'model_runner')],
      {
        env: cleanEnvironment(),
        stdio: 'ignore',
      },
    )
      // The runtime works without.
      .on('error', () => {})
      .unref();
  }
}
