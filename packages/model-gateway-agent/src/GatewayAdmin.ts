import { GatewayRoute, GatewayState } from '@model-platform/model-wire';
import { request } from 'undici';

const TIMEOUT_MS = 5_000;

/** The admin listener of the gateway beside. */
export class GatewayAdmin {
  constructor(private readonly url: string, private readonly secret: string) {}

  async state(): Promise<GatewayState> {
    return await this.call('GET');
  }

  /** Whether something listens; it may be too busy to answer. */
  async isThere(): Promise<boolean> {
    return await this.state().then(
      () => true,
      error => error.code !== 'ECONNREFUSED',
    );
  }

  /** These routes and no others. */
  async putRoutes(routes: GatewayRoute[]): Promise<GatewayState> {
    return await this.call('PUT', { routes });
  }

  private async call(method: 'GET' | 'PUT', body?: object) {
    const { statusCode, body: answer } = await request(
      new URL('/routes', this.url),
      {
        method,
        headers: {
          authorization: `Bearer ${this.secret}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
    );
    const text = await answer.text();
    if (statusCode !== 200) {
      throw new Error(
        `the gateway answered ${statusCode} to ${method} /routes: ${text}`,
      );
    }
    const state: GatewayState = JSON.parse(text);
    return state;
  }
}
