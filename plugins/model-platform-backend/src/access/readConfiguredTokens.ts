import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { grantsSchema } from './grantsSchema';
import { ConfiguredToken, hashToken } from './PublisherTokens';
import { tokenNameSchema } from './tokenNameSchema';

const MIN_TOKEN_LENGTH = 20;
const schema = z.object({
  name: tokenNameSchema,
  token: z.string().optional(),
  tokenHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')
    .optional(),
  grants: grantsSchema,
});

/** Grants as code, from `modelPlatform.publishers`. Throws `InputError` that names the place, never the token. */
export function readConfiguredTokens(config: Config): ConfiguredToken[] {
  const entries =
    config.getOptionalConfigArray('modelPlatform.publishers') ?? [];
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const place = `modelPlatform.publishers[${index}]`;
    const parsed = schema.safeParse(entry.get());
    if (!parsed.success) {
      const issues = parsed.error.issues.map(
        issue => `${issue.path.join('.')} ${issue.message}`,
      );
      throw new InputError(`${place} is wrong: ${issues.join('; ')}`);
    }
    const { name, token, tokenHash, grants } = parsed.data;
    if ((token === undefined) === (tokenHash === undefined)) {
      throw new InputError(`${place} must have either token or tokenHash`);
    }
    if (
      token !== undefined &&
      (token.length < MIN_TOKEN_LENGTH || /[.\s]/.test(token))
    ) {
      throw new InputError(
        `${place}.token must have at least ${MIN_TOKEN_LENGTH} characters, and no dots or blanks`,
      );
    }
    const hash = tokenHash ?? hashToken(token ?? '');
    if (seen.has(hash)) {
      throw new InputError(`${place} has the same token as another one`);
    }
    seen.add(hash);
    return { name, hash, grants };
  });
}
