import { AuthService } from '@backstage/backend-plugin-api';
import {
  ANNOTATION_LOCATION,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { MODELS_LOCATION } from './toModelEntity';

const PAGE_SIZE = 500;

/** What the catalog has from the registry. */
export class CatalogReader {
  constructor(
    private readonly options: { catalog: CatalogService; auth: AuthService },
  ) {}

  /** Refs of its models and of the APIs of their endpoints. */
  async *refs(): AsyncGenerator<string> {
    const { catalog, auth } = this.options;
    let cursor: string | undefined;
    do {
      const page = await catalog.queryEntities(
        cursor
          ? { cursor, limit: PAGE_SIZE }
          : {
              filter: {
                [`metadata.annotations.${ANNOTATION_LOCATION}`]:
                  MODELS_LOCATION,
              },
              fields: ['kind', 'metadata.name', 'metadata.namespace'],
              limit: PAGE_SIZE,
            },
        { credentials: await auth.getOwnServiceCredentials() },
      );
      for (const entity of page.items) yield stringifyEntityRef(entity);
      cursor = page.pageInfo.nextCursor;
    } while (cursor);
  }
}
