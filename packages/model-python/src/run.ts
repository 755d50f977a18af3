import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const execute = promisify(execFile);

/** What a program wrote to its output. @throws Error with what it said where it failed */
export async function run(
  command: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; signal?: AbortSignal } = {},
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      ...options,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return stdout;
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    const { stderr } = error as { stderr?: string };
    throw new Error(stderr?.trim() || (error as Error).message, {
      cause: error,
    });
  }
}
