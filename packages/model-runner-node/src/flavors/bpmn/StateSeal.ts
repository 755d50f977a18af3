import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { RunnerManifest, stateBinding } from '@model-platform/model-wire';
import { RequestError } from '../../RequestError';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What a waiting process hands to its caller: encrypted and authenticated with
 * AES-256-GCM, bound to the version, so that callers can neither read it,
 * nor change it, nor bring it to another one.
 */
export class StateSeal {
  private readonly bound: Buffer;

  /** @param key - 32 bytes in base64url */
  constructor(
    private readonly key: string,
    manifest: Pick<RunnerManifest, 'model' | 'version' | 'digest'>,
  ) {
    this.bound = Buffer.from(stateBinding(manifest));
  }

  seal(state: unknown): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.secret, iv);
    cipher.setAAD(this.bound);
    return Buffer.concat([
      iv,
      cipher.update(deflateRawSync(JSON.stringify(state))),
      cipher.final(),
      cipher.getAuthTag(),
    ]).toString('base64url');
  }

  /** Throws `RequestError` 400 for anything that this version has not sealed. */
  open(text: string): unknown {
    const sealed = Buffer.from(text, 'base64url');
    const end = sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(
        ALGORITHM,
        this.secret,
        sealed.subarray(0, IV_BYTES),
        { authTagLength: TAG_BYTES },
      );
      decipher.setAAD(this.bound);
      decipher.setAuthTag(sealed.subarray(end));
      const packed = Buffer.concat([
        decipher.update(sealed.subarray(IV_BYTES, end)),
        decipher.final(),
      ]);
      return JSON.parse(inflateRawSync(packed).toString('utf8'));
    } catch {
      throw new RequestError(
        400,
        'inputs.state is not one that this version of the model has handed out.',
        [
          {
            path: 'inputs.state',
            message:
              'must be a state that this version of the model has handed out, unchanged',
          },
        ],
      );
    }
  }

  private get secret(): Buffer {
    return Buffer.from(this.key, 'base64url');
  }
}
