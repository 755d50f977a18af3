import {
  AuthService,
  DiscoveryService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import { Permission } from '@backstage/plugin-permission-common';
import { DocumentCollatorFactory } from '@backstage/plugin-search-common';
import {
  Model,
  ModelPlatformClient,
  modelReadPermission,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { ModelDocument } from './ModelDocument';
import { toModelDocument } from './toModelDocument';

const PAGE_SIZE = 200;
const TIMEOUT_MS = 20_000;
/** At start the registry may be some seconds behind; the next round would come much later. */
const FIRST_PAGE_ATTEMPTS = 6;

/**
 * Documents of all models that are not archived and have a ready version, read
 * page by page, as the search itself. @public
 */
export class ModelCollatorFactory implements DocumentCollatorFactory {
  readonly type = 'model-platform-model';
  readonly visibilityPermission: Permission = modelReadPermission;
  private readonly client: ModelPlatformClient;

  constructor(
    private readonly options: {
      discovery: DiscoveryService;
      auth: AuthService;
      logger: LoggerService;
    },
  ) {
    const { discovery, auth } = options;
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

  /** Rejects where the registry cannot be read; the index then stays as it was. */
  async getCollator(): Promise<Readable> {
    return Readable.from(this.documents(await this.firstPage()));
  }

  private async *documents(first: Page<Model>): AsyncGenerator<ModelDocument> {
    for (let page = first; ; page = await this.page(page.nextCursor)) {
      for (const model of page.items) {
        if (!model.archivedAt && model.current) yield toModelDocument(model);
      }
      if (!page.nextCursor) return;
    }
  }

  private async firstPage(): Promise<Page<Model>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.page();
      } catch (error) {
        if (attempt === FIRST_PAGE_ATTEMPTS) throw error;
        this.options.logger.debug(
          `Models cannot be read for the search index yet: ${
            toError(error).message
          }`,
        );
        await setTimeout(250 * 2 ** attempt);
      }
    }
  }

  private page(cursor?: string): Promise<Page<Model>> {
    return this.client.listModels(
      { limit: PAGE_SIZE, cursor },
      { signal: AbortSignal.timeout(TIMEOUT_MS) },
    );
  }
}
