import fs from 'node:fs';
import path from 'node:path';
import { CliError } from '../errors/CliError';

/** Where the platform is, and as whom to speak to it. */
export interface Connection {
  portalUrl: string;
  /** Absent where none is known; the platform then says what it asks for. */
  token?: string;
}

/** What the commands read from their surroundings. */
export interface ConnectionSources {
  env: Record<string, string | undefined>;
  cwd: string;
  /** Told once where something else than the environment decided. */
  note: (message: string) => void;
}

/**
 * From `MODEL_PLATFORM_URL` and `MODEL_PLATFORM_TOKEN`. Where the first is
 * unset, from the `quickstart.json` of a platform that runs in this folder, so
 * that a fresh clone needs no setting up.
 *
 * @throws CliError `WrongUsage` where neither says where the platform is.
 */
export function resolveConnection({
  env,
  cwd,
  note,
}: ConnectionSources): Connection {
  if (env.MODEL_PLATFORM_URL) {
    return {
      portalUrl: toPortalUrl(env.MODEL_PLATFORM_URL),
      token: env.MODEL_PLATFORM_TOKEN || undefined,
    };
  }
  const file = path.resolve(
    cwd,
    env.MODEL_PLATFORM_DATA_DIR || '.model-platform',
    'quickstart.json',
  );
  const quickstart = readQuickstart(file);
  if (!quickstart) {
    throw new CliError('WrongUsage', 'MODEL_PLATFORM_URL is not set.', {
      details: [
        'Set it to the address of the portal, e.g. export MODEL_PLATFORM_URL=https://portal.example.org',
        'and MODEL_PLATFORM_TOKEN to a token that may do what you ask for.',
      ],
    });
  }
  note(
    `MODEL_PLATFORM_URL is not set: using the platform of ${
      path.relative(cwd, file) || file
    }`,
  );
  return {
    portalUrl: toPortalUrl(quickstart.portalUrl),
    token: env.MODEL_PLATFORM_TOKEN || quickstart.publisherToken,
  };
}

function toPortalUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new CliError(
      'WrongUsage',
      `MODEL_PLATFORM_URL is not a URL: ${text}`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CliError(
      'WrongUsage',
      `MODEL_PLATFORM_URL must begin with http:// or https://: ${text}`,
    );
  }
  if (url.username || url.password) {
    throw new CliError(
      'WrongUsage',
      'MODEL_PLATFORM_URL must not carry a user or password; use MODEL_PLATFORM_TOKEN.',
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function readQuickstart(
  file: string,
): { portalUrl: string; publisherToken?: string } | undefined {
  try {
    const content: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (typeof content !== 'object' || !content || !('portalUrl' in content))
      return undefined;
    const { portalUrl, publisherToken } = content as Record<string, unknown>;
    if (typeof portalUrl !== 'string') return undefined;
    return {
      portalUrl,
      publisherToken:
        typeof publisherToken === 'string' ? publisherToken : undefined,
    };
  } catch {
    return undefined;
  }
}
