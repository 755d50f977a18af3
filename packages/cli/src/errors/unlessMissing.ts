import { CliError } from './CliError';

/** What a call answers; undefined where the platform has no such thing. */
export async function unlessMissing<T>(
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CliError && error.status === 404) return undefined;
    throw error;
  }
}
