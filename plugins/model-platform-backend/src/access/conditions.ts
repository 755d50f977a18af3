import { createConditionExports } from '@backstage/plugin-permission-node';
import { modelPermissionResourceRef } from './modelResource';
import { modelRules } from './rules';

const exported = createConditionExports({
  resourceRef: modelPermissionResourceRef,
  rules: modelRules,
});

/** Conditions on models, for authors of policies. @public */
export const modelPlatformConditions = exported.conditions;

/** A decision that depends on each model. @public */
export const createModelPlatformConditionalDecision =
  exported.createConditionalDecision;
