import {
  DraftResponse,
  PartsStatus,
} from '@model-platform/plugin-model-platform-common';
import { NewFile, NewVersion } from './NewVersion';

/** Larger files go in parts. */
const WHOLE_UP_TO_BYTES = 8 * 1024 * 1024;
/** An answer that takes longer is none: nothing may hang. */
const ANSWER_TIMEOUT_MS = 60_000;

/** The platform is gone: what was being done may have happened or not. */
export class ConnectionLost extends Error {}

/** An answer that says no. */
export class Refused extends Error {
  constructor(what: string, readonly status: number, readonly body: string) {
    super(`${what}: ${status} ${body}`);
  }
}

/** How the control plane of a platform is called, with a token. */
export interface ApiCall {
  (route: string, init: RequestInit): Promise<Response>;
}

/** Publishes and changes models as any program may, by the API. */
export class RegistryClient {
  constructor(private readonly call: ApiCall) {}

  /** @throws ConnectionLost; Refused for every answer but 2xx */
  async send<T>(
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    let response: Response;
    let text: string;
    try {
      response = await this.call(route, {
        method,
        headers: {
          ...(body instanceof Uint8Array
            ? { 'content-type': 'application/octet-stream' }
            : {}),
          ...headers,
        },
        body:
          body instanceof Uint8Array
            ? new Uint8Array(body)
            : JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new ConnectionLost(
        `${method} ${route}: ${error} ${(error as Error).cause ?? ''}`,
      );
    }
    if (!response.ok)
      throw new Refused(`${method} ${route}`, response.status, text);
    return text === '' ? (undefined as T) : JSON.parse(text);
  }

  async get<T>(route: string): Promise<T> {
    return await this.send('GET', route);
  }

  /** All pages of a list. */
  async all<T>(route: string, filters: string[] = []): Promise<T[]> {
    const items: T[] = [];
    const query = new URLSearchParams({ limit: '200' });
    for (const filter of filters) query.append('filter', filter);
    for (;;) {
      const page: { items: T[]; nextCursor?: string } = await this.get(
        `${route}?${query}`,
      );
      items.push(...page.items);
      if (!page.nextCursor) return items;
      query.set('cursor', page.nextCursor);
    }
  }

  /** A file as everybody gets it. */
  async download(route: string): Promise<Response> {
    return await this.call(route, { method: 'GET' });
  }

  /**
   * From a draft to a ready version. Cut off and repeated, it goes on with the
   * same draft, and sends what had arrived before to nobody again.
   */
  async publish(version: NewVersion): Promise<number> {
    const { model, files, key } = version;
    const draft = await this.send<DraftResponse>(
      'POST',
      `v1/models/${model}/versions`,
      version.request,
      { 'idempotency-key': key },
    );
    const { number } = draft.version;
    if (draft.unchanged) return number;
    const route = `v1/models/${model}/versions/${number}`;
    await allOf(
      files
        .filter(({ digest }) => draft.missing.includes(digest))
        .map(async file => {
          const blob = `${route}/blobs/${file.digest}`;
          if (file.bytes.length > WHOLE_UP_TO_BYTES)
            await this.sendInParts(blob, file);
          else await this.send('PUT', blob, file.bytes);
        }),
    );
    await this.send('POST', `${route}/complete`);
    return number;
  }

  private async sendInParts(blob: string, file: NewFile): Promise<void> {
    const { partSizeBytes, missing } = await this.get<PartsStatus>(
      `${blob}/parts`,
    );
    const lost = missing.filter(number => file.arrived.has(number));
    if (lost.length > 0)
      throw new Error(
        `${blob}: parts ${lost} had arrived, and are asked for again`,
      );
    await allOf(
      missing.map(async number => {
        const { bytes, contentDigest } = file.part(number, partSizeBytes);
        await this.send('PUT', `${blob}/parts/${number}`, bytes, {
          'content-digest': contentDigest,
        });
        file.arrived.add(number);
      }),
    );
    await this.send('POST', `${blob}/assemble`);
    file.arrived.clear();
  }

  /** `expected`: the version it must point to now, null for none; anything where absent. */
  async setAlias(
    model: string,
    alias: string,
    version: number,
    { reason, expected }: { reason: string; expected?: number | null },
  ): Promise<void> {
    await this.send('PUT', `v1/models/${model}/aliases/${alias}`, {
      version,
      reason,
      expected,
    });
  }

  async removeAlias(
    model: string,
    alias: string,
    reason: string,
  ): Promise<void> {
    await this.send(
      'DELETE',
      `v1/models/${model}/aliases/${alias}?${new URLSearchParams({ reason })}`,
    );
  }

  async archiveVersion(
    model: string,
    version: number,
    archived: boolean,
    reason: string,
  ): Promise<void> {
    await this.send('PATCH', `v1/models/${model}/versions/${version}`, {
      archived,
      reason,
    });
  }

  async archiveModel(
    model: string,
    archived: boolean,
    reason: string,
  ): Promise<void> {
    if (archived)
      await this.send(
        'DELETE',
        `v1/models/${model}?${new URLSearchParams({ reason })}`,
      );
    else await this.send('PATCH', `v1/models/${model}`, { archived, reason });
  }
}

/** Waits for each of them, so that nothing goes on when the first has failed. */
async function allOf(works: Array<Promise<void>>): Promise<void> {
  for (const outcome of await Promise.allSettled(works))
    if (outcome.status === 'rejected') throw outcome.reason;
}
