import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  DeploymentDeclaration,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { Caller } from '../../access/Caller';
import { DeploymentStore } from '../store/DeploymentStore';

/** Deployments as code as they were read, and what became of them; also those that were refused. */
export class DeploymentDeclarations {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      catalog: CatalogService;
      /** Names of those deployments that the caller may see. */
      readable: (caller: Caller, names: string[]) => Promise<Set<string>>;
    },
  ) {}

  /**
   * Those whose deployment the caller may see, and, for a person, those whose
   * entity the catalog shows: a refused one has no deployment.
   */
  async list(
    caller: Caller,
    page: { limit: number; after?: string },
  ): Promise<Page<DeploymentDeclaration>> {
    const sources = await this.options.store.sources.list();
    const shown = await this.shownByCatalog(
      caller,
      sources.map(({ entityRef }) => entityRef),
    );
    const readable = await this.options.readable(
      caller,
      sources.map(({ name }) => name),
    );
    const visible = sources
      .filter(
        ({ entityRef, name, state }) =>
          (state !== 'refused' && readable.has(name)) || shown.has(entityRef),
      )
      .sort((a, b) => (a.entityRef < b.entityRef ? -1 : 1));
    const rest = visible.filter(
      ({ entityRef }) => page.after === undefined || entityRef > page.after,
    );
    const items = rest
      .slice(0, page.limit)
      .map(({ digest: _, appliedFrom: __, ...one }) => one);
    return { items, totalItems: visible.length };
  }

  private async shownByCatalog(
    caller: Caller,
    entityRefs: string[],
  ): Promise<Set<string>> {
    if (caller.kind !== 'user' || entityRefs.length === 0) return new Set();
    const { items } = await this.options.catalog.getEntitiesByRefs(
      { entityRefs, fields: ['metadata.name'] },
      { credentials: caller.credentials },
    );
    return new Set(entityRefs.filter((_, index) => items[index]));
  }
}
