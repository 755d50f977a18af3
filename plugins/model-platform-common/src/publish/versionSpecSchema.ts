import { z } from 'zod';
import { MAX_CALL_SECONDS } from '../deployment/maxCallSeconds';
import { cpuSchema, memorySchema } from '../sizes';

const name = (max: number) => z.string().min(1).max(max);
const value = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.record(z.string(), z.unknown()),
]);

const signatureField = z.object({
  name: name(255),
  type: z.enum([
    'number',
    'integer',
    'string',
    'boolean',
    'date',
    'datetime',
    'bytes',
    'object',
  ]),
  shape: z.array(z.number().int().min(-1)).min(1).max(8).optional(),
  description: z.string().max(2000).optional(),
  unit: z.string().max(63).optional(),
  optional: z.boolean().optional(),
  default: z.unknown().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  enum: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .max(1000)
    .optional(),
  example: z.unknown().optional(),
});

const healthPath = z
  .string()
  .max(255)
  .regex(/^\/[\w./~-]*$/, 'must be a path such as /v2/health/ready');

/** Of a container of the developer's own. */
const imageSchema = z.strictObject({
  reference: z
    .string()
    .max(500)
    .regex(
      // Parts of the path as registries take them: `a//b` and `a/../b` are none.
      /^[a-z0-9-]+(\.[a-z0-9-]+)*(:\d+)?(\/[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*)+(:[\w.-]+)?@sha256:[0-9a-f]{64}$/,
      'must name registry, image and digest (registry.example.org/churn@sha256:…): a tag alone may be another image tomorrow; `docker buildx imagetools inspect IMAGE:TAG` prints the digest',
    ),
  port: z
    .number()
    .int()
    .min(1024, 'must be 1024 or more: the container is nobody of rank')
    .max(65_535)
    .refine(
      port => port !== 8080,
      'must not be 8080, where the platform listens in the same pod; take another one, which the container is told as PORT',
    ),
  model: name(255).optional(),
  livePath: healthPath.optional(),
  readyPath: healthPath.optional(),
});

/** Shape of what a publish says of the version; metadata has a schema of its own. @public */
export const versionSpecSchema = z.object({
  flavor: z
    .string()
    .regex(
      /^[a-z][a-z0-9_-]{0,62}$/,
      'must be lower-case letters, digits, _ and -',
    ),
  runtime: z.enum(['node', 'python']),
  signature: z.object({
    inputs: z
      .array(signatureField)
      .min(1, 'must name at least one input')
      .max(10_000),
    outputs: z
      .array(signatureField)
      .min(1, 'must name at least one output')
      .max(10_000),
  }),
  endpoint: name(1024).optional(),
  batching: z.boolean().optional(),
  image: imageSchema.optional(),
  resources: z
    .object({
      cpu: cpuSchema.optional(),
      memory: memorySchema.optional(),
      gpu: z.number().int().min(0).max(64).optional(),
      timeoutSeconds: z.number().positive().max(MAX_CALL_SECONDS).optional(),
      replicas: z
        .object({
          min: z.number().int().min(0).max(1000),
          max: z.number().int().min(1).max(1000),
          inFlight: z.number().positive().max(10_000).optional(),
          idleSeconds: z.number().int().min(1).max(86_400).optional(),
        })
        .optional(),
    })
    .optional(),
  metrics: z
    .array(
      z.object({
        name: z
          .string()
          .max(200)
          .regex(
            /^[a-zA-Z_:][a-zA-Z0-9_:]*$/,
            'must be a Prometheus name: letters, digits, _ and :',
          ),
        type: z.enum(['counter', 'gauge', 'histogram']),
        description: z.string().max(2000).optional(),
        unit: z.string().max(63).optional(),
        labels: z
          .array(
            z
              .string()
              .regex(
                /^[a-zA-Z_][a-zA-Z0-9_]*$/,
                'must be a Prometheus label name',
              ),
          )
          .max(10)
          .optional(),
      }),
    )
    .max(100)
    .optional(),
  evaluation: z.record(name(255), z.number()).optional(),
  example: z
    .record(z.string(), z.union([value, z.array(z.unknown()), z.null()]))
    .optional(),
  provenance: z
    .object({
      client: z.string().max(500).optional(),
      commit: z.string().max(500).optional(),
      repository: z.string().max(2000).optional(),
      ciRun: z.string().max(2000).optional(),
      trainingRun: z.string().max(2000).optional(),
      datasets: z
        .array(
          z.object({
            name: name(500),
            version: z.string().max(500).optional(),
            uri: z.string().max(2000).optional(),
          }),
        )
        .max(100)
        .optional(),
    })
    .optional(),
});
