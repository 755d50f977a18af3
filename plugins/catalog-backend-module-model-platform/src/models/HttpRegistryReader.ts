import { AuthService, DiscoveryService } from '@backstage/backend-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  Endpoint,
  Model,
  ModelPlatformClient,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { RegistryReader } from './RegistryReader';

const PAGE_SIZE = 200;
const TIMEOUT_MS = 20_000;

/** Reads through the platform's API, as the catalog itself. */
export class HttpRegistryReader implements RegistryReader {
  private readonly client: ModelPlatformClient;

  constructor(discovery: DiscoveryService, auth: AuthService) {
    this.client = new ModelPlatformClient({
      baseUrl: () => discovery.getBaseUrl('model-platform'),
      getToken: async () => {
        const { token } = await auth.getPluginRequestToken({
          onBehalfOf: await auth.getOwnServiceCredentials(),
          targetPluginId: 'model-platform',
        });
        return token;
      },
    });
  }

  models(): AsyncIterable<Model[]> {
    return this.pages(cursor =>
      this.client.listModels({ limit: PAGE_SIZE, cursor }, timeout()),
    );
  }

  changedModels(since: Date): AsyncIterable<Model[]> {
    const filter = [
      `updatedAt >= ${since.toISOString()} and archived in (true, false)`,
    ];
    return this.pages(cursor =>
      this.client.listModels(
        { filter, sort: 'updatedAt', limit: PAGE_SIZE, cursor },
        timeout(),
      ),
    );
  }

  async model(slug: string): Promise<Model | undefined> {
    return await found(this.client.getModel(slug, timeout()));
  }

  endpoints(): AsyncIterable<Endpoint[]> {
    return this.pages(cursor =>
      this.client.listEndpoints({ limit: PAGE_SIZE, cursor }, timeout()),
    );
  }

  async openApi(
    endpoint: string,
  ): Promise<Record<string, unknown> | undefined> {
    return await found(this.client.getEndpointOpenApi(endpoint, timeout()));
  }

  private async *pages<T>(
    read: (cursor?: string) => Promise<Page<T>>,
  ): AsyncGenerator<T[]> {
    let cursor: string | undefined;
    do {
      const page = await read(cursor);
      yield page.items;
      cursor = page.nextCursor;
    } while (cursor);
  }
}

/** Undefined for what is not there. */
async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ResponseError && error.statusCode === 404)
      return undefined;
    throw error;
  }
}

/** A read that hangs must not hold up all later ones. */
function timeout(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(TIMEOUT_MS) };
}
