import {
  createCipheriv,
  createDecipheriv,
  KeyObject,
  randomBytes,
} from 'node:crypto';
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

  /** Private to the language, for code around the process is in this process too. */
  readonly #key: KeyObject;

  /** @param key - 32 bytes */
  constructor(
    key: KeyObject,
    manifest: Pick<RunnerManifest, 'model' | 'version' | 'digest'>,
  ) {
    this.#key = key;
    this.bound = Buffer.from(stateBinding(manifest));
  }

  seal(state: unknown): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, iv);
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
        this.#key,
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
}
