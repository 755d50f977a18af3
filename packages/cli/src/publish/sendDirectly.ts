import { DirectRequest } from '@model-platform/plugin-model-platform-common';
import { findCliError } from '../platform/platformFetch';

/**
 * Sends a part to the store of the platform itself. False where that does not
 * let it through, or cannot be reached from here.
 */
export async function sendDirectly(
  request: DirectRequest,
  part: { sizeBytes: number; body: NonNullable<RequestInit['body']> },
  signal: AbortSignal,
): Promise<boolean> {
  const init: RequestInit & { duplex: 'half' } = {
    method: request.method,
    headers: { ...request.headers, 'content-length': String(part.sizeBytes) },
    body: part.body,
    duplex: 'half',
    // Else `fetch` keeps all of a stream in memory, to send it once more.
    window: null,
    redirect: 'error',
    signal,
  };
  try {
    const response = await fetch(request.url, init);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    signal.throwIfAborted();
    // A file that changed meanwhile does not arrive by another way either.
    const known = findCliError(error);
    if (known) throw known;
    return false;
  }
}
