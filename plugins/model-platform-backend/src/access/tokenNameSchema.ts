import { z } from 'zod';

/**
 * Name of a publisher token. Histories add its id and maker in parentheses,
 * which a name must not imitate.
 */
export const tokenNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(
    /^[^()\p{C}]*$/u,
    'must have no parentheses and no invisible characters',
  );
