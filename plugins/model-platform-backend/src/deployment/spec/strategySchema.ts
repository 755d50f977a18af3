import { parseStickyBy } from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { canaryFields } from '../canary/canarySchema';

export const strategySchema = z.strictObject({
  type: z.enum(['single', 'weighted', 'canary', 'shadow']),
  stickyBy: z
    .string()
    .trim()
    .max(255)
    .refine(
      text => parseStickyBy(text) !== undefined,
      'must be header:NAME, cookie:NAME or json:MEMBER, e.g. header:x-customer-id or json:inputs.customerId',
    )
    .optional(),
  ...canaryFields,
});

export const limitsSchema = z.strictObject({
  concurrentCalls: z.number().int().min(1).max(100_000).optional(),
  /** Each environment has its own maximum. */
  maxBodyBytes: z.number().int().min(1).optional(),
});

/** Percent of the calls of which a variant gets a copy. */
export const shadowSchema = z.number().positive().max(100);
