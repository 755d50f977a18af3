import { DirectRequest } from '@model-platform/plugin-model-platform-common';
import { findCliError } from '../platform/platformFetch';

/**
 * Sends bytes to the store of the platform itself. False where that does not
 * let them through, or cannot be reached from here: the platform takes them.
 */
export async function sendDirectly(
  part: {
    request: DirectRequest;
    sizeBytes: number;
    body: (onSent: (bytes: number) => void) => NonNullable<RequestInit['body']>;
    onBytes: (bytes: number) => void;
  },
  signal: AbortSignal,
): Promise<boolean> {
  const { request, sizeBytes, onBytes } = part;
  let sent = 0;
  const body = part.body(bytes => {
    sent += bytes;
    onBytes(bytes);
  });
  try {
    const init: RequestInit & { duplex: 'half' } = {
      method: request.method,
      headers: { ...request.headers, 'content-length': String(sizeBytes) },
      body,
      duplex: 'half',
      // Else `fetch` keeps all of a stream in memory, to send it once more.
      window: null,
      redirect: 'error',
      signal,
    };
    const response = await fetch(request.url, init);
    await response.body?.cancel();
    if (response.ok) return true;
  } catch (error) {
    // A file that changes meanwhile is no fault of the way.
    signal.throwIfAborted();
    const known = findCliError(error);
    if (known) throw known;
  }
  onBytes(-sent);
  return false;
}
