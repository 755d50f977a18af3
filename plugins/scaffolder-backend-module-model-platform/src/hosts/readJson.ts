import { ServiceUnavailableError } from '@backstage/errors';

const TIMEOUT_MS = 30_000;

/**
 * Reads a resource of a host's API; undefined where there is none.
 *
 * @param credentials - key of the configuration that has them, for people
 */
export async function readJson(
  url: string,
  headers: Record<string, string> | undefined,
  credentials: string,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new ServiceUnavailableError(`${url} cannot be reached`, error);
  }
  if (response.status === 404) return undefined;
  if (response.ok) return await response.json();
  const said = `${response.status} ${(await response.text()).slice(0, 200)}`;
  throw new ServiceUnavailableError(
    [401, 403].includes(response.status)
      ? `${
          new URL(url).host
        } refuses the credentials of ${credentials}: ${said}`
      : `${url} answers ${said}`,
  );
}
