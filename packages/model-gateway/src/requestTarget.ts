/** Where a request wants to go. */
export interface RequestTarget {
  endpoint: string;
  /** What lies behind the endpoint's name, without its leading slash and without the query. */
  rest: string;
  /** The Open Inference Protocol and MLflow's scoring have error shapes of their own. */
  protocol: 'simple' | 'oip' | 'scoring';
}

const OIP_PATH = /^v2(\/.*)?$/;
/** What MLflow's scoring server serves. */
const SCORING_PATHS = new Set(['invocations', 'ping', 'health', 'version']);
const SAFE_TARGET = /^\/[\x21\x24-\x5b\x5d-\x7e?]*$/;

/**
 * Reads `/<endpoint>/<path>` from a request line. Undefined if the path could
 * mean one thing here and another at the runner: empty or dot segments,
 * encoded slashes, backslashes, dots or percent signs, control characters.
 * What passes is forwarded exactly as it was given.
 */
export function parseRequestTarget(url: string): RequestTarget | undefined {
  if (!SAFE_TARGET.test(url)) {
    return undefined;
  }
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (
    path.includes('//') ||
    path.includes('/.') ||
    (path.includes('%') && !isHarmlessEncoding(path))
  ) {
    return undefined;
  }
  const slash = path.indexOf('/', 1);
  const endpoint = slash === -1 ? path.slice(1) : path.slice(1, slash);
  const rest = slash === -1 ? '' : path.slice(slash + 1);
  return {
    endpoint,
    rest,
    protocol: protocolOf(rest),
  };
}

function protocolOf(rest: string): RequestTarget['protocol'] {
  if (OIP_PATH.test(rest)) return 'oip';
  return SCORING_PATHS.has(rest) ? 'scoring' : 'simple';
}

function isHarmlessEncoding(path: string): boolean {
  for (const match of path.matchAll(/%(.{0,2})/g)) {
    if (!/^[0-9a-f]{2}$/i.test(match[1])) {
      return false;
    }
    const code = parseInt(match[1], 16);
    const character = String.fromCharCode(code);
    if (code < 0x20 || code === 0x7f || '/\\.%?#'.includes(character)) {
      return false;
    }
  }
  return true;
}

/** Whether applications may ask an endpoint for this path at all. */
export function isServedPath(rest: string): boolean {
  return (
    rest === 'predict' ||
    rest === 'openapi.json' ||
    rest === 'outcomes' ||
    isDocsPath(rest) ||
    protocolOf(rest) !== 'simple'
  );
}

/** The docs page holds no facts of the model: it asks for a token itself. */
export function isDocsPath(rest: string): boolean {
  return rest === 'docs' || rest.startsWith('docs/');
}

/** Calls of the model, which are what KPIs count; reading documents and health is not. */
export function isModelCall(method: string, rest: string): boolean {
  return (
    method === 'POST' &&
    (rest === 'predict' || rest === 'invocations' || rest.startsWith('v2/'))
  );
}
