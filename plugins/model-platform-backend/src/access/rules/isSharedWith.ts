import { createPermissionRule } from '@backstage/plugin-permission-node';
import { MODEL_RULES } from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { modelPermissionResourceRef } from '../modelResource';

export const isSharedWith = createPermissionRule({
  name: MODEL_RULES.isSharedWith,
  description: 'The model is shared with one of these groups or systems',
  resourceRef: modelPermissionResourceRef,
  paramsSchema: z.object({
    claims: z
      .array(z.string())
      .describe(
        'Entity refs of groups and systems, such as system:default/marketing',
      ),
  }),
  apply: (model, { claims }) =>
    model.sharedWith.some(ref => claims.includes(ref)),
  toQuery: ({ claims }) => ({ key: 'sharedWith', values: claims }),
});
