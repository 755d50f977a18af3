import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';

/** A call that reached the platform. */
export interface PlatformCall {
  method: string;
  /** Without the plugin's base and `/v1`, e.g. `models/iris`. */
  path: string;
  query: URLSearchParams;
  headers: Headers;
  body: unknown;
}

type Answer = (call: PlatformCall) => unknown | Promise<unknown>;

const BASE_URL = 'http://platform.test/api/model-platform';

/**
 * The platform as seen through `fetch`: answers by method and path, and
 * remembers what it was asked. Everything above is the real client.
 */
export class FakePlatform {
  readonly calls: PlatformCall[] = [];
  private readonly answers = new Map<string, Answer>();

  readonly client = new ModelPlatformClient({
    baseUrl: BASE_URL,
    fetch: (input, init) => this.fetch(String(input), init),
  });

  /** `when('GET models', …)`; a `Response` is sent as it is, all else as JSON. */
  when(request: string, answer: Answer): this {
    this.answers.set(request, answer);
    return this;
  }

  /** What `when` gives where the platform refuses. */
  static refusal(status: number, name: string, message: string): Response {
    return new Response(
      JSON.stringify({
        error: { name, message },
        response: { statusCode: status },
      }),
      { status, headers: { 'content-type': 'application/json' } },
    );
  }

  callsOf(request: string): PlatformCall[] {
    return this.calls.filter(
      ({ method, path }) => `${method} ${path}` === request,
    );
  }

  private async fetch(address: string, init?: RequestInit): Promise<Response> {
    const url = new URL(address);
    const call: PlatformCall = {
      method: init?.method ?? 'GET',
      path: url.href.slice(`${BASE_URL}/v1/`.length).split('?')[0],
      query: url.searchParams,
      headers: new Headers(init?.headers),
      body: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
    };
    this.calls.push(call);
    const answer = this.answers.get(`${call.method} ${call.path}`);
    if (!answer) {
      return FakePlatform.refusal(
        404,
        'NotFoundError',
        `Nothing at ${call.method} ${call.path}`,
      );
    }
    const given = await answer(call);
    if (given instanceof Response) return given;
    return new Response(JSON.stringify(given), {
      headers: { 'content-type': 'application/json' },
    });
  }
}
