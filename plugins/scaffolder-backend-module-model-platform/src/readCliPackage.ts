import { ServiceUnavailableError } from '@backstage/errors';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';

const LARGEST_BYTES = 50 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  bin: z.record(z.string(), z.string()),
  license: z.string().optional(),
  engines: z.record(z.string(), z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
});

/** What a lockfile must know of the command line that the platform serves. */
export interface CliPackage {
  name: string;
  version: string;
  /** `sha512-<base64>`, as npm's lockfiles have it. */
  integrity: string;
}

/**
 * Downloads the command line's package and reads its name and version.
 *
 * @throws ServiceUnavailableError where it cannot be had, is not what npm could
 *   install, or depends on packages that a lockfile would have to name too.
 */
export async function readCliPackage(url: string): Promise<CliPackage> {
  let content: Buffer;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    content = await readAtMost(response, LARGEST_BYTES);
  } catch (error) {
    throw new ServiceUnavailableError(
      `The command line cannot be downloaded from ${url}`,
      error,
    );
  }
  try {
    const manifest = manifestSchema.parse(
      JSON.parse(await readManifest(content)),
    );
    const dependencies = Object.keys(manifest.dependencies ?? {});
    if (dependencies.length > 0)
      throw new Error(`it depends on ${dependencies.join(', ')}`);
    return {
      name: manifest.name,
      version: manifest.version,
      integrity: `sha512-${createHash('sha512')
        .update(content)
        .digest('base64')}`,
    };
  } catch (error) {
    throw new ServiceUnavailableError(
      `What ${url} serves is not the command line's package`,
      error,
    );
  }
}

async function readAtMost(response: Response, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw new Error(`it is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function readManifest(tgz: Buffer): Promise<string> {
  const entries = extract();
  entries.end(gunzipSync(tgz, { maxOutputLength: 4 * LARGEST_BYTES }));
  for await (const entry of entries) {
    if (entry.header.name === 'package/package.json') {
      return await text(entry);
    }
    entry.resume();
  }
  throw new Error('it has no package.json');
}
