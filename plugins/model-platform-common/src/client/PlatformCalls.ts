import { ResponseError } from '@backstage/errors';

/** @public */
export interface ModelPlatformClientOptions {
  /** Of the plugin, without `/v1`: `https://portal.example.org/api/model-platform`. */
  baseUrl: string | (() => Promise<string>);
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  /** Asked before each call; without one, `fetch` is expected to authenticate. */
  getToken?: () => Promise<string | undefined>;
}

/** @public */
export interface RequestOptions {
  signal?: AbortSignal;
  /** Instead of the client's own. */
  token?: string;
}

/** @public */
export interface PageQuery {
  limit?: number;
  cursor?: string;
}

/** @public */
export type PlatformQuery = Record<
  string,
  string | number | boolean | undefined | Array<string>
>;

/** One call, on top of what its caller asks for. @public */
export interface PlatformCall extends RequestOptions {
  method?: string;
  query?: PlatformQuery;
  body?: unknown;
  headers?: Record<string, string | undefined>;
}

/** How every part of the API is called: address, token, JSON, refusals. @public */
export class PlatformCalls {
  constructor(private readonly options: ModelPlatformClientOptions) {}

  protected async json<T>(path: string, call: PlatformCall = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value !== undefined) headers[name] = value;
    }
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    const response = await this.send(path, call, {
      method: call.method,
      headers,
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
    });
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  protected async send(
    path: string,
    call: PlatformCall,
    init: RequestInit & { headers: Record<string, string>; duplex?: 'half' },
  ): Promise<Response> {
    const { baseUrl, fetch: ownFetch, getToken } = this.options;
    const base = (
      typeof baseUrl === 'string' ? baseUrl : await baseUrl()
    ).replace(/\/+$/, '');
    const token = call.token ?? (await getToken?.());
    const url = `${base}/v1/${path}${toQueryString(call.query ?? {})}`;
    const response = await (ownFetch ?? fetch)(url, {
      ...init,
      headers: {
        ...this.options.headers,
        ...init.headers,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      signal: call.signal,
    });
    if (!response.ok) {
      throw await ResponseError.fromResponse(response);
    }
    return response;
  }
}

function toQueryString(query: PlatformQuery): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) search.append(key, String(one));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
