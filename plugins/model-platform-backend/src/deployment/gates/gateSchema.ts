import {
  DeploymentGate,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { IANAZone } from 'luxon';
import { z } from 'zod';

const text = z.string().trim().min(1).max(255);
const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 08:00');

/** IANA name of a time zone. */
export const timezone = z
  .string()
  .refine(
    name => IANAZone.isValidZone(name),
    'must be a time zone such as Europe/Berlin',
  );

const gateSchema = z
  .strictObject({
    approval: z
      .strictObject({
        by: text,
        count: z.number().int().min(1).max(10).optional(),
        of: z.enum(['all', 'breaking']).optional(),
      })
      .optional(),
    evidence: z
      .strictObject({
        metadata: z.literal('complete').optional(),
        evaluation: z
          .strictObject({
            metric: text,
            above: z.number().optional(),
            below: z.number().optional(),
          })
          .refine(
            ({ above, below }) => above !== undefined || below !== undefined,
            'must have above or below',
          )
          .refine(
            ({ above, below }) =>
              above === undefined || below === undefined || above < below,
            'above must be less than below: nothing could satisfy both',
          )
          .optional(),
        scan: z.literal('clean').optional(),
      })
      .refine(
        evidence => Object.keys(evidence).length > 0,
        'must have metadata, evaluation or scan',
      )
      .optional(),
    window: z
      .strictObject({
        days: z
          .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
          .min(1)
          .optional(),
        from: timeOfDay,
        to: timeOfDay,
        timezone,
      })
      .refine(({ from, to }) => from !== to, 'from and to must differ')
      .optional(),
  })
  .refine(
    gate => Object.keys(gate).length === 1,
    'must have one of approval, evidence and window',
  );

/** What a revision waits for: `spec.gates`, and `gates` of an environment. */
export const gatesSchema = z.array(gateSchema).max(20);

/** With groups as full refs, however they are written. */
export function canonicalGates(gates: DeploymentGate[]): DeploymentGate[] {
  return gates.map(gate =>
    gate.approval
      ? {
          approval: {
            ...gate.approval,
            by: toEntityRef(gate.approval.by, 'group'),
          },
        }
      : gate,
  );
}
