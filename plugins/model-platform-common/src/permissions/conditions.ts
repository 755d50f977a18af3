import {
  AuthorizeResult,
  ConditionalPolicyDecision,
  PermissionCondition,
  PermissionCriteria,
} from '@backstage/plugin-permission-common';
import { RESOURCE_TYPE_MODEL } from './permissions';

/** Names of the rules that decisions on models can be made of. @public */
export const MODEL_RULES = {
  isOwner: 'IS_OWNER',
  isInSystem: 'IS_IN_SYSTEM',
  isSharedWith: 'IS_SHARED_WITH',
  isVisibleToEveryone: 'IS_VISIBLE_TO_EVERYONE',
} as const;

/** Name of the catalog's rule that shows no more of models than the registry does. @public */
export const READABLE_MODEL_RULE = 'IS_READABLE_MODEL';

/** A condition on models. @public */
export type ModelCondition = PermissionCondition<typeof RESOURCE_TYPE_MODEL>;

/** A condition on entities of the catalog. @public */
export type CatalogEntityCondition = PermissionCondition<'catalog-entity'>;

/** Conditions on models for the authors of policies; they need nothing of the backend. @public */
export const modelConditions = {
  /** The model's owner is one of `claims`, which are entity refs. */
  isOwner: (params: { claims: string[] }): ModelCondition => ({
    resourceType: RESOURCE_TYPE_MODEL,
    rule: MODEL_RULES.isOwner,
    params,
  }),
  /** The model belongs to one of `systems`, which are names. */
  isInSystem: (params: { systems: string[] }): ModelCondition => ({
    resourceType: RESOURCE_TYPE_MODEL,
    rule: MODEL_RULES.isInSystem,
    params,
  }),
  /** The model is shared with one of `claims`: entity refs of groups and systems. */
  isSharedWith: (params: { claims: string[] }): ModelCondition => ({
    resourceType: RESOURCE_TYPE_MODEL,
    rule: MODEL_RULES.isSharedWith,
    params,
  }),
  /** The model's visibility is `everyone`. */
  isVisibleToEveryone: (): ModelCondition => ({
    resourceType: RESOURCE_TYPE_MODEL,
    rule: MODEL_RULES.isVisibleToEveryone,
    params: {},
  }),
};

/** A decision on models that depends on each of them. @public */
export function createModelConditionalDecision(
  conditions: PermissionCriteria<ModelCondition>,
): ConditionalPolicyDecision {
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'model-platform',
    resourceType: RESOURCE_TYPE_MODEL,
    conditions,
  };
}

/**
 * Condition on entities of the catalog: all that are no models, and of models,
 * their APIs and deployments those that somebody with these claims may read.
 * `systems` are names of the systems that the claims own. @public
 */
export function isReadableModel(params: {
  claims: string[];
  systems: string[];
}): CatalogEntityCondition {
  return { resourceType: 'catalog-entity', rule: READABLE_MODEL_RULE, params };
}

/** A decision on entities of the catalog that depends on each of them. @public */
export function createCatalogEntityConditionalDecision(
  conditions: PermissionCriteria<CatalogEntityCondition>,
): ConditionalPolicyDecision {
  return {
    result: AuthorizeResult.CONDITIONAL,
    pluginId: 'catalog',
    resourceType: 'catalog-entity',
    conditions,
  };
}
