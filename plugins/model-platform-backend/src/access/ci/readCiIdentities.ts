import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { grantSchema } from '../grantsSchema';
import { CiIdentity } from './CiIdentity';
import { saysWhose } from './claims';

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

const address = z.string().refine(isSafeAddress, {
  message: 'must be an https:// address (http:// only on this machine)',
});

/**
 * A wild card stands only behind a slash, so that what is before it is meant to
 * the letter: `acme/*` is everything of acme, but `*` or `acme*` would be
 * anybody's who takes such a name. Accounts of a cluster have no slash: there it
 * stands for all those of one namespace.
 */
const WILD = [/^[^*/]+\/[^*]*\*/, /^system:serviceaccount:[^*:]+:\*$/];
const pattern = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine(text => text.trim() !== '', { message: 'must not be empty' })
  .refine(text => !text.includes('*') || WILD.some(way => way.test(text)), {
    message:
      'may have * only behind a slash, as in acme/*, or for the accounts of a namespace, as in system:serviceaccount:acme:*',
  });

const claims = z
  .record(
    z.string().min(1),
    z
      .union([pattern, z.array(pattern).min(1)])
      .transform(value => [value].flat()),
  )
  .refine(value => Object.keys(value).length > 0, {
    message:
      'must name at least one claim; without any, every job of the issuer would have the grant',
  })
  .refine(
    value =>
      Object.keys(value).length === 0 || Object.keys(value).some(saysWhose),
    {
      message:
        'must say whose the job is, e.g. with repository or project_path; with these claims alone, others at the issuer would have the grant too',
    },
  );

const schema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,39}$/,
      'must have 1 to 40 lower-case letters, digits and dashes',
    ),
  issuer: address,
  audience: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional(),
  jwksUri: address.optional(),
  grants: z
    .array(
      grantSchema.extend({
        claims: z.preprocess(value => value ?? {}, claims),
      }),
    )
    .min(1),
});

/**
 * CI systems whose jobs may act here, from `modelPlatform.ciIdentities`. Throws
 * `InputError` that names the place.
 */
export function readCiIdentities(config: Config): CiIdentity[] {
  const entries =
    config.getOptionalConfigArray('modelPlatform.ciIdentities') ?? [];
  const identities: CiIdentity[] = [];
  for (const [index, entry] of entries.entries()) {
    const place = `modelPlatform.ciIdentities[${index}]`;
    const parsed = schema.safeParse(entry.get());
    if (!parsed.success) {
      const issues = parsed.error.issues.map(
        issue => `${issue.path.join('.')} ${issue.message}`,
      );
      throw new InputError(`${place} is wrong: ${issues.join('; ')}`);
    }
    const { audience, ...identity } = parsed.data;
    if (identities.some(({ name }) => name === identity.name)) {
      throw new InputError(`${place} has the same name as another one`);
    }
    const sameIssuer = identities.find(
      ({ issuer }) => issuer === identity.issuer,
    );
    if (sameIssuer && sameIssuer.jwksUri !== identity.jwksUri) {
      throw new InputError(
        `${place}.jwksUri is not that of ${sameIssuer.name}, which has the same issuer`,
      );
    }
    identities.push({
      ...identity,
      audience: [
        audience ?? config.getString('app.baseUrl').replace(/\/+$/, ''),
      ].flat(),
    });
  }
  return identities;
}

function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) {
    return false;
  }
  const { protocol, hostname } = new URL(text);
  return (
    protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))
  );
}
