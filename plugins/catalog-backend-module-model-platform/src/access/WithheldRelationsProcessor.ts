import {
  Entity,
  getCompoundEntityRef,
  parseEntityRef,
  RELATION_OWNED_BY,
  RELATION_PART_OF,
} from '@backstage/catalog-model';
import {
  CatalogProcessor,
  CatalogProcessorEmit,
  LocationSpec,
  processingResult,
} from '@backstage/plugin-catalog-node';
import { isRestricted } from './isRestricted';

const WITHHELD = 'model-platform.io/withheld';

/**
 * Keeps restricted entities out of the relations of groups and systems.
 *
 * The catalog gives out an entity with all of its relations, also with those to
 * entities that the reader may not see: `hasPart` of a system would name every
 * hidden model. So for what not everyone may see only the forward direction
 * (`ownedBy`, `partOf`) is written. The processor that makes relations from the
 * catalog's model knows no such difference; hence two of ours around it: the
 * first takes owner and system away and makes the forward relations, the second
 * puts them back.
 */
export class WithheldRelationsProcessor implements CatalogProcessor {
  static around(): WithheldRelationsProcessor[] {
    return [
      new WithheldRelationsProcessor('before'),
      new WithheldRelationsProcessor('after'),
    ];
  }

  private constructor(private readonly place: 'before' | 'after') {}

  getProcessorName(): string {
    return this.place === 'before'
      ? 'ModelPlatformWithholdRelations'
      : 'ModelPlatformRestoreFields';
  }

  /** The catalog's own processors are at 20; lower comes first. */
  getPriority(): number {
    return this.place === 'before' ? 1 : 1000;
  }

  async postProcessEntity(
    entity: Entity,
    _location: LocationSpec,
    emit: CatalogProcessorEmit,
  ): Promise<Entity> {
    return this.place === 'before'
      ? this.withhold(entity, emit)
      : this.restore(entity);
  }

  private withhold(entity: Entity, emit: CatalogProcessorEmit): Entity {
    if (
      !isRestricted(entity) ||
      !entity.spec ||
      entity.spec.visibility === 'everyone'
    )
      return entity;
    const { owner, system, ...spec } = entity.spec;
    const source = getCompoundEntityRef(entity);
    const relations = [
      {
        ref: owner,
        type: RELATION_OWNED_BY,
        defaultKind: 'Group',
        kinds: ['group', 'user'],
      },
      {
        ref: system,
        type: RELATION_PART_OF,
        defaultKind: 'System',
        kinds: ['system'],
      },
    ];
    for (const { ref, type, defaultKind, kinds } of relations) {
      if (typeof ref !== 'string') continue;
      const target = parseEntityRef(ref, {
        defaultKind,
        defaultNamespace: source.namespace,
      });
      if (!kinds.includes(target.kind.toLocaleLowerCase('en-US'))) continue;
      emit(processingResult.relation({ source, type, target }));
    }
    const withheld = {
      ...(owner !== undefined && { owner }),
      ...(system !== undefined && { system }),
    };
    return { ...entity, spec: { ...spec, [WITHHELD]: withheld } };
  }

  private restore(entity: Entity): Entity {
    const withheld = entity.spec?.[WITHHELD];
    if (
      !entity.spec ||
      typeof withheld !== 'object' ||
      withheld === null ||
      Array.isArray(withheld)
    )
      return entity;
    const { [WITHHELD]: _, ...spec } = entity.spec;
    return { ...entity, spec: { ...spec, ...withheld } };
  }
}
