import { versionSpecSchema } from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';

const MAX_FILES = 10_000;
const name = (max: number) => z.string().min(1).max(max);

/** Shape of what a publish says of the model. */
export const modelFieldsSchema = z.object({
  name: z.string(),
  type: name(63),
  owner: name(255),
  system: name(255),
  description: z.string().trim().min(1).max(5000),
  lifecycle: z
    .enum(['experimental', 'production', 'deprecated'])
    .default('experimental'),
  visibility: z.enum(['system', 'everyone']).default('system'),
  sharedWith: z.array(name(255)).max(100).default([]),
  tags: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9+#._:-]{0,62}$/,
          'must be lower-case letters, digits and + # . _ : - (63 at most)',
        ),
    )
    .max(50)
    .default([]),
});

/** The same for a version whose files are to say its signature. */
export const unsignedSpecSchema = versionSpecSchema.extend({
  signature: versionSpecSchema.shape.signature.default({
    inputs: [],
    outputs: [],
  }),
});

/** Shape of the list of files. */
export const filesSchema = z
  .array(
    z.object({
      path: name(1024),
      digest: z
        .string()
        .regex(
          /^sha256:[0-9a-f]{64}$/,
          'must be sha256: and 64 lower-case hexadecimal digits',
        ),
      sizeBytes: z.number().int().min(0),
      content: z.base64('must be the bytes of the file in Base64').optional(),
    }),
  )
  .min(1, 'must name at least one file')
  .max(MAX_FILES);

/** What the sender says of pickles among the files. */
export const picklesSchema = z
  .array(
    z.object({
      path: name(1024),
      imports: z.array(z.string().max(2100)).max(1000).optional(),
      problem: z.string().max(2000).optional(),
    }),
  )
  .max(500)
  .default([]);
