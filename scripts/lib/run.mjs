import { spawn } from 'node:child_process';
import { PlainError } from './progress.mjs';

const running = new Set();
// Else the next start would do the same beside it.
process.once('exit', () => running.forEach(child => child.kill()));

/** Runs a program to its end, or this one's; its output is shown only if it fails. Rejects with its last lines. */
export function run(command, args, { cwd, env, show = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    let output = '';
    let stdout = '';
    child.stdout?.on('data', chunk => {
      stdout += chunk;
      output = (output + chunk).slice(-8_000);
    });
    child.stderr?.on('data', chunk => {
      output = (output + chunk).slice(-8_000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          Object.assign(
            new PlainError(
              `${[command, ...args].join(' ')} failed (${
                signal ?? `exit code ${code}`
              })\n${output.trim()}`,
            ),
            { exitCode: code },
          ),
        );
    });
  });
}
