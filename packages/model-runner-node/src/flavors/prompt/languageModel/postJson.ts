import { codeOf, LanguageModelFailure } from './LanguageModelFailure';

/** More than any model says; what goes on for ever would fill the memory. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Resolves with a response that is none of an error.
 *
 * @throws LanguageModelFailure where there is none
 */
export async function postJson(
  url: string,
  request: {
    headers: Record<string, string>;
    body: unknown;
    signal: AbortSignal;
  },
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...request.headers },
      body: JSON.stringify(request.body),
      signal: request.signal,
      // The key is for this server alone.
      redirect: 'error',
    });
  } catch (cause) {
    throw new LanguageModelFailure('unreachable', { cause });
  }
  if (response.ok) return response;
  throw new LanguageModelFailure(`${response.status}`, {
    code: await errorCode(response),
    retryAfterSeconds: retryAfter(response.headers.get('retry-after')),
  });
}

/** @throws LanguageModelFailure where the body is cut off, too long, or no JSON */
export async function readJsonBody(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await boundedText(response);
  } catch (cause) {
    if (cause instanceof LanguageModelFailure) throw cause;
    throw new LanguageModelFailure('cut', { cause });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new LanguageModelFailure('malformed');
  }
}

async function boundedText({ body }: Response): Promise<string> {
  let size = 0;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) throw new LanguageModelFailure('malformed');
      controller.enqueue(chunk);
    },
  });
  return await new Response(body?.pipeThrough(bounded)).text();
}

async function errorCode(response: Response): Promise<string | undefined> {
  const body = await boundedText(response)
    .then(JSON.parse)
    .catch(() => undefined);
  return codeOf(body?.error?.code) ?? codeOf(body?.error?.type);
}

/** Seconds, or a date. */
function retryAfter(value: string | null): number | undefined {
  if (!value) return undefined;
  const seconds = Number(value);
  const until = Number.isNaN(seconds)
    ? (Date.parse(value) - Date.now()) / 1000
    : seconds;
  return Number.isNaN(until) ? undefined : Math.max(until, 0);
}
