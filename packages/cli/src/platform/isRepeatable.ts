/**
 * Whether a call may be made again when nobody knows if it arrived. All but
 * POST are made so; of POST those are that carry a key, check only, complete
 * a version, or put a file together.
 */
export function isRepeatable(url: string, init: RequestInit = {}): boolean {
  // A stream is spent by the first try; who sends one repeats it as a whole.
  if (init.body instanceof ReadableStream) return false;
  if ((init.method ?? 'GET') !== 'POST') return true;
  const { pathname, searchParams } = new URL(url);
  return (
    new Headers(init.headers).has('idempotency-key') ||
    searchParams.get('dryRun') === 'true' ||
    pathname.endsWith('/complete') ||
    pathname.endsWith('/assemble')
  );
}
