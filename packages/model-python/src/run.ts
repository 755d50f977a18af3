import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const execute = promisify(execFile);

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** What a program wrote to its output. @throws Error with what it said where it failed */
export async function run(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const { timeoutMs, ...rest } = options;
  try {
    const { stdout } = await execute(command, args, {
      ...rest,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return stdout;
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    const { stderr, killed } = error as { stderr?: string; killed?: boolean };
    if (killed && timeoutMs !== undefined)
      throw new Error(`it took longer than ${timeoutMs / 1000} seconds`, {
        cause: error,
      });
    throw new Error(stderr?.trim() || (error as Error).message, {
      cause: error,
    });
  }
}
