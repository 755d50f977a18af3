import { createPermissionRule } from '@backstage/plugin-permission-node';
import {
  MODEL_RULES,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { modelPermissionResourceRef } from '../modelResource';

export const isInSystem = createPermissionRule({
  name: MODEL_RULES.isInSystem,
  description: 'The model belongs to one of these systems',
  resourceRef: modelPermissionResourceRef,
  paramsSchema: z.object({
    systems: z
      .array(z.string())
      .describe(
        'Names of systems, such as customer-care, or their entity refs',
      ),
  }),
  apply: (model, { systems }) =>
    systems.map(toSystemName).includes(model.system),
  toQuery: ({ systems }) => ({
    key: 'system',
    values: systems.map(toSystemName),
  }),
});
