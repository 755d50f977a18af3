import {
  ANNOTATION_LOCATION,
  Entity,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { SourceRecord } from './SourceStore';

/**
 * Declarations of one name in one file. Names of deployments know no
 * namespaces, so that one of them counts: the one that was applied before, else
 * the first.
 */
export class Namesakes {
  /** Entity refs of those that count, by file and name. */
  private readonly counting = new Map<string, string>();

  constructor(declared: Entity[], known: Map<string, SourceRecord>) {
    const wasApplied = (ref: string) =>
      known.get(ref)?.appliedFrom !== undefined;
    const sorted = declared
      .map(entity => [stringifyEntityRef(entity), entity] as const)
      .sort(([a], [b]) => a.localeCompare(b));
    for (const [ref, entity] of sorted) {
      const key = keyOf(locationOf(entity), entity.metadata.name);
      const other = this.counting.get(key);
      if (other === undefined || (!wasApplied(other) && wasApplied(ref)))
        this.counting.set(key, ref);
    }
  }

  /** That which counts instead of this one. */
  insteadOf(entity: Entity): string | undefined {
    const { name } = entity.metadata;
    const counts = this.counting.get(keyOf(locationOf(entity), name));
    return counts === stringifyEntityRef(entity) ? undefined : counts;
  }

  /** That which stands where one stood that is gone. */
  heirOf({ location, name }: SourceRecord): string | undefined {
    return this.counting.get(keyOf(location, name));
  }
}

/** Of an entity from the catalog. */
export function locationOf({ metadata }: Entity): string {
  return metadata.annotations?.[ANNOTATION_LOCATION] ?? 'unknown';
}

function keyOf(location: string, name: string): string {
  return JSON.stringify([location, name]);
}
