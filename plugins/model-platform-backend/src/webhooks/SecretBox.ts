import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'v1';

/**
 * Secrets as they are kept: AES-256-GCM, each bound to what it belongs to, so
 * that one copied to another row opens nothing.
 */
export class SecretBox {
  private readonly key: Buffer;

  /** `master`: at least 32 characters that nobody can guess. */
  constructor(master: string) {
    this.key = Buffer.from(
      hkdfSync('sha256', master, '', 'model-platform webhook secrets', 32),
    );
  }

  seal(secret: string, owner: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce);
    cipher.setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([
      cipher.update(secret, 'utf8'),
      cipher.final(),
    ]);
    return [FORMAT, nonce, cipher.getAuthTag(), sealed]
      .map(part => (typeof part === 'string' ? part : part.toString('base64')))
      .join('.');
  }

  /** Throws where it was sealed by another key or for another owner. */
  open(sealed: string, owner: string): string {
    const [format, ...parts] = sealed.split('.');
    const [nonce, tag, secret] = parts.map(part => Buffer.from(part, 'base64'));
    if (format !== FORMAT || parts.length !== 3) {
      throw new Error('A secret is not in the format that it is kept in');
    }
    const decipher = createDecipheriv(ALGORITHM, this.key, nonce);
    decipher.setAAD(Buffer.from(owner));
    decipher.setAuthTag(tag);
    try {
      return Buffer.concat([
        decipher.update(secret),
        decipher.final(),
      ]).toString('utf8');
    } catch {
      throw new Error(
        'The secret cannot be read with the key of this platform (modelPlatform.webhooks.encryptionKey); give the webhook a new one',
      );
    }
  }
}

/** Throws where there is no key to open it with. */
export function openSecret(
  secrets: SecretBox | undefined,
  sealed: string,
  webhookId: string,
): string {
  if (!secrets) {
    throw new Error(
      'There is no key to read the secret with: set modelPlatform.webhooks.encryptionKey',
    );
  }
  return secrets.open(sealed, webhookId);
}
