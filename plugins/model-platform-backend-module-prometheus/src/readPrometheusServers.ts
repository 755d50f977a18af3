import { readFile } from 'node:fs/promises';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { PrometheusClient } from './PrometheusClient';
import { PrometheusServer } from './PrometheusServer';

const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const serverSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .refine(url => !/^https?:\/\/[^/?#]*@/.test(url), {
        message: 'takes no password; that is basicAuth',
      }),
    token: z.string().min(1).optional(),
    basicAuth: z
      .strictObject({ username: z.string(), password: z.string() })
      .optional(),
    headers: z.record(z.string(), z.string()).default({}),
    caFile: z.string().optional(),
    timeoutSeconds: z.number().positive().default(30),
    labels: z.record(z.string().regex(LABEL), z.string()).default({}),
  })
  .refine(({ token, basicAuth }) => !(token && basicAuth), {
    path: ['basicAuth'],
    message: 'stands beside token; one of them is sent',
  });

/**
 * The servers that the configuration names, each with the environments that it
 * collects; none where it names none.
 *
 * @throws InputError that names what is wrong, and no secret
 */
export async function readPrometheusServers(
  config: Config,
): Promise<PrometheusServer[]> {
  const shared = 'modelPlatform.prometheus';
  const entries = config.getOptionalConfigArray('modelPlatform.environments');
  const places = new Map<string, { config: Config; environments: string[] }>();
  const without: string[] = [];
  for (const [index, entry] of (entries ?? []).entries()) {
    const name = entry.getString('name');
    const own = entry.getOptionalConfig('prometheus');
    if (own) {
      const place = `modelPlatform.environments[${index}].prometheus`;
      places.set(place, { config: own, environments: [name] });
    } else {
      without.push(name);
    }
  }
  const fallback = config.getOptionalConfig(shared);
  if (fallback) {
    const environments = entries ? without : ['local'];
    if (environments.length > 0)
      places.set(shared, { config: fallback, environments });
  } else if (places.size > 0 && without.length > 0) {
    throw new InputError(
      `The environment ${without[0]} names no Prometheus, and others do: name one for all that have none (${shared}), or for each (modelPlatform.environments[].prometheus)`,
    );
  }
  return await Promise.all(
    [...places].map(([place, { config: one, environments }]) =>
      readServer(place, one, environments),
    ),
  );
}

async function readServer(
  place: string,
  config: Config,
  environments: string[],
): Promise<PrometheusServer> {
  const parsed = serverSchema.safeParse(config.get());
  if (!parsed.success) {
    throw new InputError(
      `${place} is wrong: ${parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')}`,
    );
  }
  const { url, token, basicAuth, caFile, ...settings } = parsed.data;
  const headers = { ...settings.headers };
  if (token) headers.authorization = `Bearer ${token}`;
  if (basicAuth) {
    const pair = `${basicAuth.username}:${basicAuth.password}`;
    headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return {
    environments,
    labels: settings.labels,
    client: new PrometheusClient({
      url,
      headers,
      timeoutMs: settings.timeoutSeconds * 1000,
      ca: caFile === undefined ? undefined : await readCa(caFile, place),
      place,
    }),
  };
}

async function readCa(file: string, place: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InputError(`${place}.caFile cannot be read: ${error}`);
  }
}
