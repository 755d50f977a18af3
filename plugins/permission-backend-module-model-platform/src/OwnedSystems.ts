import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { RELATION_OWNED_BY } from '@backstage/catalog-model';
import { toError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { toSystemName } from '@model-platform/plugin-model-platform-common';

const KEEP_MS = 5_000;
/** Enough for everybody who works at one time; the oldest makes place. */
const LARGEST_CACHE = 1_000;

/**
 * Which systems the groups of a person own, as the catalog says. An answer is
 * kept for five seconds: one page asks dozens of times.
 */
export class OwnedSystems {
  private readonly known = new Map<
    string,
    { at: number; systems: Promise<string[]> }
  >();

  constructor(
    private readonly options: {
      catalog: Pick<CatalogService, 'getEntities'>;
      auth: AuthService;
      logger: LoggerService;
      now?: () => number;
    },
  ) {}

  /**
   * Names of the systems owned by any of these claims, sorted. None where the
   * catalog cannot be asked: rights may then be missing, but are never given.
   */
  async of(claims: string[]): Promise<string[]> {
    if (claims.length === 0) return [];
    const key = JSON.stringify([...claims].sort());
    const now = this.options.now?.() ?? Date.now();
    const known = this.known.get(key);
    if (known && now - known.at < KEEP_MS) return known.systems;
    this.known.delete(key);
    if (this.known.size >= LARGEST_CACHE) {
      for (const oldest of this.known.keys()) {
        this.known.delete(oldest);
        break;
      }
    }
    const systems = this.read(claims).catch(error => {
      this.known.delete(key);
      this.options.logger.warn(
        `Cannot read from the catalog which systems a person's groups own, and decide as if none: ${
          toError(error).message
        }`,
      );
      return [];
    });
    this.known.set(key, { at: now, systems });
    return systems;
  }

  private async read(claims: string[]): Promise<string[]> {
    const { items } = await this.options.catalog.getEntities(
      {
        filter: { kind: 'System', [`relations.${RELATION_OWNED_BY}`]: claims },
        fields: ['metadata.name', 'metadata.namespace'],
      },
      { credentials: await this.options.auth.getOwnServiceCredentials() },
    );
    return items
      .map(({ metadata }) =>
        toSystemName(`${metadata.namespace ?? 'default'}/${metadata.name}`),
      )
      .sort();
  }
}
