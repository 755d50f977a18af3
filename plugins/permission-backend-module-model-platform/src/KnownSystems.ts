import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { CATALOG_FILTER_EXISTS } from '@backstage/catalog-client';
import { Entity, RELATION_OWNED_BY } from '@backstage/catalog-model';
import { toError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  ANNOTATION_PUBLISHERS,
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';

const KEEP_MS = 5_000;
/** Enough for everybody who works at one time; the oldest makes place. */
const LARGEST_CACHE = 1_000;

/** Names of systems, sorted. */
export interface SystemsOf {
  /** Owned by one of the claims. */
  owned: string[];
  /** Owned by one of the claims, or saying that one of them may publish here. */
  openToPublish: string[];
}

const NONE: SystemsOf = { owned: [], openToPublish: [] };

/**
 * Which systems the groups of a person own, and into which they may publish,
 * as the catalog says. An answer is kept for five seconds: one page asks
 * dozens of times.
 */
export class KnownSystems {
  private readonly known = new Map<
    string,
    { at: number; systems: Promise<SystemsOf> }
  >();

  constructor(
    private readonly options: {
      catalog: Pick<CatalogService, 'getEntities'>;
      auth: AuthService;
      logger: LoggerService;
      now?: () => number;
    },
  ) {}

  /** None where the catalog cannot be asked: rights may then be missing, but are never given. */
  async of(claims: string[]): Promise<SystemsOf> {
    if (claims.length === 0) return NONE;
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
      return NONE;
    });
    this.known.set(key, { at: now, systems });
    return systems;
  }

  private async read(claims: string[]): Promise<SystemsOf> {
    const { items } = await this.options.catalog.getEntities(
      {
        filter: [
          {
            kind: 'System',
            [`relations.${RELATION_OWNED_BY}`]: claims,
          },
          {
            kind: 'System',
            [`metadata.annotations.${ANNOTATION_PUBLISHERS}`]:
              CATALOG_FILTER_EXISTS,
          },
        ],
        fields: [
          'metadata.name',
          'metadata.namespace',
          'metadata.annotations',
          'relations',
        ],
      },
      { credentials: await this.options.auth.getOwnServiceCredentials() },
    );
    const names = (systems: Entity[]) =>
      systems
        .map(({ metadata }) =>
          toSystemName(`${metadata.namespace ?? 'default'}/${metadata.name}`),
        )
        .sort();
    const isOwned = (system: Entity) =>
      Boolean(
        system.relations?.some(
          ({ type, targetRef }) =>
            type === RELATION_OWNED_BY && claims.includes(targetRef),
        ),
      );
    return {
      owned: names(items.filter(isOwned)),
      openToPublish: names(
        items.filter(
          system =>
            isOwned(system) ||
            publishersOf(system).some(ref => claims.includes(ref)),
        ),
      ),
    };
  }
}

/** Entity refs of the groups that the system lets publish, separated by commas in its annotation. */
function publishersOf(system: Entity): string[] {
  return (system.metadata.annotations?.[ANNOTATION_PUBLISHERS] ?? '')
    .split(',')
    .filter(ref => ref.trim() !== '')
    .map(ref => toEntityRef(ref, 'group'));
}
