import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';

const names = z.array(z.string().min(1).max(255)).min(1).max(100);

/**
 * Shape of one grant, with names as they are compared. A field that nobody
 * would look at could be meant to narrow it, and is refused.
 */
export const grantSchema = z.strictObject({
  actions: z
    .array(
      z.enum([
        'read',
        'publish',
        'deploy',
        'endpoint-token',
        'archive',
        'delete',
      ]),
    )
    .min(1),
  systems: names.transform(systems => systems.map(toSystemName)),
  owners: names
    .transform(owners => owners.map(owner => toEntityRef(owner, 'group')))
    .optional(),
  models: names.optional(),
});

/** Shape of a machine's grants. */
export const grantsSchema = z.array(grantSchema).min(1).max(50);
