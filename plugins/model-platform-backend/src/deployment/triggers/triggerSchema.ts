import { IANAZone } from 'luxon';
import { z } from 'zod';
import { DURATION } from '../spec/parseDuration';
import { scheduleProblem } from './nextRun';
import { whereProblem } from './versionMatches';

const text = z.string().trim().min(1).max(255);
const duration = z
  .string()
  .regex(DURATION, 'must be a duration such as 30s, 5m, 2h or 1d');

const onMetric = z
  .strictObject({
    metric: text,
    quantile: z.number().gt(0).lt(1).optional(),
    above: z.number().optional(),
    below: z.number().optional(),
    for: duration,
    over: duration.optional(),
    variant: text.optional(),
    minCalls: z.number().int().min(1).optional(),
    action: z.enum(['rollback', 'hold', 'notify']),
    clears: z.number().optional(),
    cooldown: duration.optional(),
  })
  .refine(
    ({ above, below }) => (above === undefined) !== (below === undefined),
    'must have one of above and below',
  );

const schedule = z
  .strictObject({
    cron: text,
    timezone: z
      .string()
      .refine(
        name => IANAZone.isValidZone(name),
        'must be a time zone such as Europe/Berlin',
      )
      .optional(),
  })
  .superRefine(({ cron }, context) => {
    const message = scheduleProblem(cron);
    if (message) context.addIssue({ code: 'custom', path: ['cron'], message });
  });

const where = z.string().superRefine((filter, context) => {
  const message = whereProblem(filter);
  if (message) context.addIssue({ code: 'custom', message });
});

const triggerSchema = z
  .strictObject({
    onVersion: z
      .union([z.literal(true), z.strictObject({ where })], {
        error: 'must be true or { where: filter }',
      })
      .optional(),
    onAlias: z.strictObject({ alias: text }).optional(),
    onMetric: onMetric.optional(),
    schedule: schedule.optional(),
  })
  .refine(
    trigger => Object.keys(trigger).length === 1,
    'must have one of onVersion, onAlias, onMetric and schedule',
  );

/** `spec.triggers`. */
export const triggersSchema = z.array(triggerSchema).max(20);
