import {
  Entity,
  RELATION_OWNED_BY,
  RELATION_PART_OF,
} from '@backstage/catalog-model';
import { EntitiesSearchFilter } from '@backstage/plugin-catalog-node';
import { catalogEntityPermissionResourceRef } from '@backstage/plugin-catalog-node/alpha';
import { PermissionCriteria } from '@backstage/plugin-permission-common';
import { createPermissionRule } from '@backstage/plugin-permission-node';
import {
  READABLE_MODEL_RULE,
  toSystemRef,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import {
  isRestricted,
  RESTRICTED_KINDS,
  RESTRICTING_KEYS,
} from './isRestricted';

const paramsSchema = z.object({
  claims: z
    .array(z.string())
    .describe(
      'Entity refs of the reader and the groups they own things through',
    ),
  systems: z
    .array(z.string())
    .describe('Names or refs of the systems that the claims own'),
});

type Params = z.infer<typeof paramsSchema>;

/**
 * The catalog shows no more of models than the registry does: all entities but
 * models, their deployments, projects and the APIs of their endpoints; and of these
 * those that the reader's groups own, that belong to a system of theirs, that
 * are shared with either, or that everyone may see. @public
 */
export const isReadableModelRule = createPermissionRule({
  name: READABLE_MODEL_RULE,
  description:
    'Allow what is no model, and models that are owned by a claim, belong to a system, are shared with either, or are visible to everyone',
  resourceRef: catalogEntityPermissionResourceRef,
  paramsSchema,
  apply: (entity: Entity, params: Params) => {
    if (!isRestricted(entity)) return true;
    const { claims, systems, either } = normalise(params);
    if (lower(entity.spec?.visibility) === 'everyone') return true;
    const sharedWith = entity.spec?.sharedWith;
    if (
      Array.isArray(sharedWith) &&
      sharedWith.some(ref => either.includes(lower(ref)))
    )
      return true;
    return (entity.relations ?? []).some(
      relation =>
        (relation.type === RELATION_OWNED_BY &&
          claims.includes(lower(relation.targetRef))) ||
        (relation.type === RELATION_PART_OF &&
          systems.includes(lower(relation.targetRef))),
    );
  },
  toQuery: (params: Params): PermissionCriteria<EntitiesSearchFilter> => {
    const { claims, systems, either } = normalise(params);
    const unrestricted: PermissionCriteria<EntitiesSearchFilter> = {
      allOf: [
        { not: { key: 'kind', values: RESTRICTED_KINDS } },
        ...RESTRICTING_KEYS.map(key => ({ not: { key } })),
      ],
    };
    const readable: EntitiesSearchFilter[] = [
      { key: 'spec.visibility', values: ['everyone'] },
    ];
    if (claims.length > 0)
      readable.push({ key: `relations.${RELATION_OWNED_BY}`, values: claims });
    if (systems.length > 0)
      readable.push({ key: `relations.${RELATION_PART_OF}`, values: systems });
    if (either.length > 0)
      readable.push({ key: 'spec.sharedWith', values: either });
    return { anyOf: [unrestricted, ...readable] };
  },
});

function normalise(params: Params): {
  claims: string[];
  systems: string[];
  either: string[];
} {
  const claims = params.claims.map(lower);
  const systems = params.systems.map(toSystemRef);
  return { claims, systems, either: [...claims, ...systems] };
}

/** The catalog's search compares without case; so does the rule in memory. */
function lower(value: unknown): string {
  return typeof value === 'string' ? value.toLocaleLowerCase('en-US') : '';
}
