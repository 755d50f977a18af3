import {
  MODEL_VARIANT_HEADER,
  WireErrorBody,
} from '@model-platform/model-wire';
import { CliError } from '../errors/CliError';
import { exactJson } from '../output/exactJson';
import { describeNetworkError } from '../platform/describeNetworkError';
import { patientFetch } from '../platform/patientFetch';

/** The answer of `predict`, as `exactJson` reads it. */
export interface EndpointAnswer {
  outputs: unknown;
  model?: { name: string; version: number | string; variant: string };
  requestId?: string;
}

/** @internal */
export interface CallEndpointOptions {
  url: string;
  token: string;
  body: unknown;
  signal: AbortSignal;
  /** That shall answer; the token must allow to choose it. */
  variant?: string;
}

/**
 * One call of the simple API. It takes as long as the endpoint lets it, which
 * answers 504 after that.
 *
 * @throws CliError with every wrong input field, or with what the endpoint says.
 */
export async function callEndpoint({
  url,
  token,
  body,
  signal,
  variant,
}: CallEndpointOptions): Promise<EndpointAnswer> {
  let response: Response;
  let text: string;
  try {
    response = await patientFetch(`${url.replace(/\/+$/, '')}/predict`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...(variant === undefined ? {} : { [MODEL_VARIANT_HEADER]: variant }),
      },
      body: JSON.stringify(body),
      signal,
    });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new CliError(
      'Unreachable',
      `Cannot reach the endpoint at ${url}: ${describeNetworkError(error)}.`,
      {
        cause: error,
      },
    );
  }
  const content = parse(text);
  if (response.ok && content) return content as unknown as EndpointAnswer;
  throw toError(response, content, url);
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const content = exactJson.parse(text);
    return typeof content === 'object' && content !== null
      ? (content as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function toError(
  response: Response,
  content: Record<string, unknown> | undefined,
  url: string,
): CliError {
  const { status, headers } = response;
  const error = content?.error as Partial<WireErrorBody['error']> | undefined;
  const message =
    error?.message ?? `The endpoint at ${url} answered ${status}.`;
  const requestId = content?.requestId ?? headers.get('x-request-id');
  const details = [
    ...(headers.has('retry-after')
      ? [`Try again in ${headers.get('retry-after')} s.`]
      : []),
    ...(requestId ? [`Request ${requestId}`] : []),
  ];
  if (status === 401 || status === 403)
    return new CliError('NotAllowed', message, { details, status });
  if (status >= 400 && status < 500) {
    const problems = error?.fields?.map(({ path, message: rule }) => ({
      field: path,
      rule,
      source: 'platform',
    }));
    return new CliError('Refused', message, { problems, details });
  }
  return new CliError('Failed', message, { details });
}
