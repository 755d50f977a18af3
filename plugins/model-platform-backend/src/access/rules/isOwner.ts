import { createPermissionRule } from '@backstage/plugin-permission-node';
import { MODEL_RULES } from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { modelPermissionResourceRef } from '../modelResource';

export const isOwner = createPermissionRule({
  name: MODEL_RULES.isOwner,
  description: 'The model is owned by one of these groups',
  resourceRef: modelPermissionResourceRef,
  paramsSchema: z.object({
    claims: z
      .array(z.string())
      .describe('Entity refs, such as group:default/crm'),
  }),
  apply: (model, { claims }) => claims.includes(model.owner),
  toQuery: ({ claims }) => ({ key: 'owner', values: claims }),
});
