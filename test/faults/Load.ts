import { setTimeout as sleep } from 'node:timers/promises';
import { Platform } from '../platform/Platform';

const ANSWER_TIMEOUT_MS = 30_000;

/** A call that got no good answer. */
export interface FailedCall {
  /** Milliseconds since 1970. */
  startedAt: number;
  endedAt: number;
  /** Absent where there was no answer at all. */
  status?: number;
  /** Of the model, where one answered. */
  version?: string;
  message: string;
}

/** Calls of one endpoint at a fixed rate, however long the answers take. */
export class Load {
  calls = 0;
  /** Good answers by version of the model. */
  readonly answered = new Map<string, number>();
  readonly failed: FailedCall[] = [];
  /** Failed while nothing was there to answer. */
  forgotten = 0;
  private readonly underWay = new Set<Promise<void>>();
  private stopped = false;
  private loop: Promise<void> | undefined;

  private constructor(
    readonly endpoint: string,
    private readonly options: {
      url: string;
      token: string;
      body: string;
      perSecond: number;
    },
  ) {}

  /** Keeps address and token: `quickstart.json` goes and comes with the portal. */
  static start(
    platform: Platform,
    endpoint: { name: string; url: string; token: string },
    perSecond: number,
    body: unknown = platform.quickstart.endpoints[0].exampleRequest,
  ): Load {
    return Load.on(endpoint, perSecond, body);
  }

  /** Without a platform of ours. */
  static on(
    endpoint: { name: string; url: string; token: string },
    perSecond: number,
    body: unknown,
  ): Load {
    const load = new Load(endpoint.name, {
      ...endpoint,
      perSecond,
      body: JSON.stringify(body),
    });
    load.loop = load.run();
    return load;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
    await Promise.all(this.underWay);
  }

  /** Those that a test has made by stopping everything, once none of the calls of then is under way. */
  async forgetFailures(): Promise<void> {
    await Promise.all(this.underWay);
    this.forgotten += this.failed.length;
    this.failed.length = 0;
  }

  /** In words, for a test's message. */
  get failures(): string[] {
    return this.failed.map(
      ({ startedAt, endedAt, message }) =>
        `${new Date(startedAt).toISOString()} +${
          endedAt - startedAt
        } ms: ${message}`,
    );
  }

  private async run(): Promise<void> {
    let due = Date.now();
    while (!this.stopped) {
      const call = this.call().finally(() => this.underWay.delete(call));
      this.underWay.add(call);
      due += 1000 / this.options.perSecond;
      await sleep(Math.max(0, due - Date.now()));
    }
  }

  private async call(): Promise<void> {
    const { url, token, body } = this.options;
    const startedAt = Date.now();
    const fail = (message: string, status?: number, version?: string) =>
      this.failed.push({
        startedAt,
        endedAt: Date.now(),
        status,
        version,
        message,
      });
    this.calls += 1;
    try {
      const response = await fetch(`${url}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const text = await response.text();
      const version = response.headers.get('x-model-version') ?? '';
      if (response.status !== 200)
        fail(`${response.status} ${text}`, response.status, version);
      else if (JSON.parse(text).outputs === undefined)
        fail(`200 without outputs: ${text}`, 200, version);
      else this.answered.set(version, (this.answered.get(version) ?? 0) + 1);
    } catch (error) {
      fail(`${error} ${(error as Error).cause ?? ''}`);
    }
  }
}
