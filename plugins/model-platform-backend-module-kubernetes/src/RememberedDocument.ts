import { LoggerService } from '@backstage/backend-plugin-api';
import { KubernetesClient } from '@model-platform/model-cluster';

/** How long one is taken for as it is. */
const FRESH_MS = 10 * 60_000;

/** A document of the API server, which counts as it was last while that cannot be asked. */
export class RememberedDocument<T extends object> {
  private known: T | undefined;

  /** Milliseconds since 1970. */
  private askedAt = -Infinity;

  private asking: Promise<T> | undefined;

  constructor(
    private readonly options: {
      client: KubernetesClient;
      logger: LoggerService;
      path: string;
      /** As messages call it. */
      what: string;
    },
  ) {}

  /** As it was ten minutes ago at the earliest. @throws as `now` */
  async lately(): Promise<T> {
    return this.known && Date.now() - this.askedAt < FRESH_MS
      ? this.known
      : await this.now();
  }

  /** Asked for together by all who come meanwhile. @throws ServiceUnavailableError where it was never told and is not told now */
  async now(): Promise<T> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    return await this.asking;
  }

  private async ask(): Promise<T> {
    const { client, logger, path, what } = this.options;
    this.askedAt = Date.now();
    try {
      this.known = await client.document<T>(path, what);
    } catch (error) {
      if (!this.known) throw error;
      logger.warn(`${error}; the platform goes by what it was told last`);
    }
    return this.known;
  }
}
