import { createPermissionRule } from '@backstage/plugin-permission-node';
import { MODEL_RULES } from '@model-platform/plugin-model-platform-common';
import { ModelCriterion } from '../ModelFilter';
import { modelPermissionResourceRef } from '../modelResource';

export const isVisibleToEveryone = createPermissionRule({
  name: MODEL_RULES.isVisibleToEveryone,
  description: 'The visibility of the model is `everyone`',
  resourceRef: modelPermissionResourceRef,
  apply: model => model.visibility === 'everyone',
  toQuery: (): ModelCriterion => ({ key: 'visibility', values: ['everyone'] }),
});
