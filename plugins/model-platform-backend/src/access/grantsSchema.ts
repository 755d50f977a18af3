import { z } from 'zod';

/** Shape of a machine's grants. */
export const grantsSchema = z
  .array(
    z.object({
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
      systems: z.array(z.string().min(1)).min(1),
      owners: z.array(z.string().min(1)).min(1).optional(),
    }),
  )
  .min(1)
  .max(50);
