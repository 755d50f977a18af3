import { InputError } from '@backstage/errors';
import { z } from 'zod';

/** Throws `InputError` that names every field. */
export function parseBody<T extends z.ZodType>(
  schema: T,
  body: unknown,
): z.output<T> {
  const parsed = schema.safeParse(body ?? {});
  if (!parsed.success) {
    throw new InputError(
      `The request is not valid: ${parsed.error.issues
        .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
        .join('; ')}`,
    );
  }
  return parsed.data;
}
