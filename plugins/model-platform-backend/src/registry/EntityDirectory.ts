import { AuthService } from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';

const KNOWN_FOR_MS = 60_000;
/** What an entity can be called at all; the catalog refuses to be asked for others. */
const ENTITY_REF = /^[a-z][a-z0-9-]*:[a-z0-9._-]+\/[a-z0-9._-]+$/;

/** Which groups and systems there are. */
export interface EntityDirectory {
  /** Throws `ServiceUnavailableError` where the catalog does not answer. */
  has(entityRef: string): Promise<boolean>;
}

/** Asks the catalog; what is there is remembered for a minute. */
export class CatalogEntityDirectory implements EntityDirectory {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly options: { catalog: CatalogService; auth: AuthService },
  ) {}

  async has(entityRef: string): Promise<boolean> {
    if (!ENTITY_REF.test(entityRef)) {
      return false;
    }
    const now = Date.now();
    if ((this.known.get(entityRef) ?? 0) > now) {
      return true;
    }
    const found = await this.ask(entityRef);
    if (found) {
      if (this.known.size > 10_000) this.known.clear();
      this.known.set(entityRef, now + KNOWN_FOR_MS);
    }
    return found;
  }

  private async ask(entityRef: string): Promise<boolean> {
    const { catalog, auth } = this.options;
    try {
      const credentials = await auth.getOwnServiceCredentials();
      return Boolean(await catalog.getEntityByRef(entityRef, { credentials }));
    } catch (error) {
      throw new ServiceUnavailableError(
        'The catalog does not answer, so owner and system cannot be checked; try again',
        error,
      );
    }
  }
}
