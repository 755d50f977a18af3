import { z } from 'zod';

const reason = z.string().max(2000).optional();

/** Body of PATCH of a model. */
export const modelUpdateSchema = z.strictObject({
  description: z.string().trim().min(1).max(5000).optional(),
  lifecycle: z.enum(['experimental', 'production', 'deprecated']).optional(),
  visibility: z.enum(['system', 'everyone']).optional(),
  sharedWith: z.array(z.string().min(1).max(255)).max(100).optional(),
  tags: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9+#._:-]{0,62}$/))
    .max(50)
    .optional(),
  owner: z.string().min(1).max(255).optional(),
  archived: z.literal(false).optional(),
  reason,
});

/** Body of PUT of an alias. */
export const aliasSchema = z.strictObject({
  version: z.number().int().min(1).max(999_999_999),
  reason,
  expected: z.number().int().min(1).nullable().optional(),
});

/** Body of PATCH of a version. */
export const versionUpdateSchema = z.strictObject({
  archived: z.boolean(),
  reason,
});

/** Body of POST of an approval; without a reason nobody can follow it later. */
export const approvalSchema = z.strictObject({
  reason: z.string().trim().min(1).max(2000),
  decision: z.enum(['approved', 'refused']).default('approved'),
});
