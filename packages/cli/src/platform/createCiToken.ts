import { CliError } from '../errors/CliError';
import { describeNetworkError } from './describeNetworkError';
import { sleep } from './sleep';

const ANSWER_TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
/** A token is asked for anew so long before it expires. */
const RENEWED_BEFORE_MS = 60_000;

/** @internal */
export interface CiTokenOptions {
  env: Record<string, string | undefined>;
  /** Whom the token is for: the address of the portal. */
  audience: string;
  signal: AbortSignal;
  /** Told once, that somebody knows with which token the job acts. */
  note: (message: string) => void;
}

/**
 * The token that the CI system gives to this job, so that it needs no stored
 * secret: in GitLab what `id_tokens` put into `MODEL_PLATFORM_ID_TOKEN`, in
 * GitHub Actions one that is asked for, and again before it expires.
 *
 * @returns a function that resolves to `undefined` where there is none.
 */
export function createCiToken(
  options: CiTokenOptions,
): () => Promise<string | undefined> {
  const { env, audience, note } = options;
  const requestUrl = env.ACTIONS_ID_TOKEN_REQUEST_URL;
  const requestToken = env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
  let noted = false;
  const noteOnce = (message: string) => {
    if (!noted) note(message);
    noted = true;
  };
  let known: { token: Promise<string>; renewAt: number } | undefined;

  return async () => {
    if (env.MODEL_PLATFORM_ID_TOKEN) {
      noteOnce('Acting with MODEL_PLATFORM_ID_TOKEN, the token of this job.');
      return env.MODEL_PLATFORM_ID_TOKEN;
    }
    if (!requestUrl || !requestToken) return undefined;
    noteOnce(
      `Acting with the token of this GitHub Actions job, for ${audience}.`,
    );
    if (!known || Date.now() >= known.renewAt) {
      const asked = {
        token: requestFromGitHub(requestUrl, requestToken, options),
        renewAt: Infinity,
      };
      known = asked;
      // All calls that come meanwhile wait for this one; a failure is kept for none of them.
      asked.token.then(
        token => (asked.renewAt = expiryOf(token) - RENEWED_BEFORE_MS),
        () => (asked.renewAt = 0),
      );
    }
    return await known.token;
  };
}

async function requestFromGitHub(
  requestUrl: string,
  requestToken: string,
  { audience, signal }: CiTokenOptions,
): Promise<string> {
  const url = new URL(requestUrl);
  url.searchParams.set('audience', audience);
  let why = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) await sleep(250 * 2 ** attempt, signal);
    try {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${requestToken}` },
        redirect: 'error',
        signal: AbortSignal.any([
          signal,
          AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        ]),
      });
      if (response.ok) {
        const { value } = (await response.json()) as { value?: unknown };
        if (typeof value === 'string') return value;
        why = 'its answer has none';
      } else {
        await response.body?.cancel();
        why = `it answered ${response.status}`;
        if (response.status < 500 && response.status !== 429) break;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      why = describeNetworkError(error);
    }
  }
  throw new CliError(
    'Unreachable',
    `GitHub Actions gave this job no token: ${why}.`,
    {
      details: [
        'The job needs permissions: { id-token: write }. Or set MODEL_PLATFORM_TOKEN.',
      ],
    },
  );
}

/** Milliseconds since 1970; now where the token does not say. */
function expiryOf(token: string): number {
  try {
    const [, payload] = token.split('.');
    const { exp } = JSON.parse(
      Buffer.from(payload, 'base64url').toString('utf8'),
    );
    return typeof exp === 'number' ? exp * 1000 : Date.now();
  } catch {
    return Date.now();
  }
}
