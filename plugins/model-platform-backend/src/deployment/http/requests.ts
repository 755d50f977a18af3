import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { parseBody } from '../../http/parseBody';
import { MAX_NUMBER } from '../spec/parseDeploymentSpec';

/** Of a token's rate; more is as good as no limit. */
const MAX_CALLS = 1_000_000;

const reason = z.string().trim().min(1).max(2_000).optional();

const manifest = z.object({
  apiVersion: z.literal('model-platform.io/v1alpha1'),
  kind: z.literal('ModelDeployment'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.unknown(),
  reason,
});

/** Throws `InputError` that names every field. */
export function parseApply(
  name: string,
  body: unknown,
): { spec: unknown; reason?: string } {
  if (typeof body === 'object' && body !== null && 'kind' in body) {
    const parsed = parseBody(manifest, body);
    if (parsed.metadata.name !== name) {
      throw new InputError(
        `metadata.name is '${parsed.metadata.name}', but the address says '${name}'`,
      );
    }
    return { spec: parsed.spec, reason: parsed.reason };
  }
  return parseBody(
    z.strictObject({ spec: z.record(z.string(), z.unknown()), reason }),
    body,
  );
}

export const offSchema = z.strictObject({
  off: z.boolean().default(true),
  reason,
});

export const rollbackSchema = z.strictObject({
  revision: z.number().int().positive().max(MAX_NUMBER).optional(),
  allowBreaking: z.boolean().optional(),
  allowUnserved: z.boolean().optional(),
  reason,
});

export const decisionSchema = z.strictObject({
  decision: z.enum(['approved', 'refused', 'withdrawn']).default('approved'),
  // What waits may be another one by now than what was looked at.
  request: z.number().int().positive().max(MAX_NUMBER),
  reason: z.string().trim().min(1).max(2_000),
});

/** Without a variant: the new revision of a canary. */
export const promoteSchema = z.strictObject({
  variant: z.string().min(1).optional(),
  reason,
});

/** Of `pause`, `resume` and `abort`. */
export const reasonSchema = z.strictObject({ reason });

export const liftSchema = z.strictObject({
  kind: z.enum(['off', 'pause', 'promote', 'rollback']).optional(),
});

export const tokenSchema = z.strictObject({
  consumer: z.string().trim().min(1).max(255),
  expiresInSeconds: z.number().int().positive().optional(),
  rate: z
    .strictObject({
      calls: z.number().int().min(1).max(MAX_CALLS),
      per: z.enum(['second', 'minute']),
      burst: z.number().int().min(1).max(MAX_CALLS).optional(),
    })
    .optional(),
  mayChooseVariant: z.boolean().optional(),
});
