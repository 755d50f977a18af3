import { InputError } from '@backstage/errors';
import { Sha256 } from '@model-platform/plugin-model-platform-node';

/** SHA-256 of the header `Content-Digest` (RFC 9530): `sha-256=:<Base64>:`. */
export function parseContentDigest(header: string | undefined): Sha256 {
  const base64 = /(?:^|[\s,])sha-256=:([A-Za-z0-9+/]{43}=):/.exec(
    header ?? '',
  )?.[1];
  if (base64 === undefined) {
    throw new InputError(
      'Content-Digest must give the SHA-256 of the part, such as sha-256=:<44 characters of Base64>:',
    );
  }
  return `sha256:${Buffer.from(base64, 'base64').toString('hex')}`;
}
