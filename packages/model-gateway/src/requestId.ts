import { createHmac, randomFillSync, timingSafeEqual } from 'node:crypto';

/** What a request id tells once its MAC is proven. @public */
export interface RequestFacts {
  /** When the gateway took the request, Unix time in milliseconds. */
  at: number;
  revision: number;
  /** Place among the variants of that revision; undefined if the call got no further than the gateway. */
  variantIndex?: number;
}

// 6 bytes time, 5 random, 4 revision, 1 variant, 9 MAC: 25 bytes are exactly 40
// characters of 5 bits. Big-endian time first, so that ids sort by time.
const FACTS_BYTES = 16;
const MAC_BYTES = 9;
const RANDOM_OFFSET = 6;
const RANDOM_BYTES = 5;
const REVISION_OFFSET = 11;
const VARIANT_OFFSET = 15;
const NO_VARIANT = 0xff;

// Crockford's base 32: no look-alikes, and in ASCII order.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const VALUES = new Map(
  [...ALPHABET].map((character, value) => [character, value]),
);
const ID_PATTERN = /^[0-9a-hjkmnp-tv-z]{40}$/;

const pool = Buffer.alloc(RANDOM_BYTES * 512);
let poolOffset = pool.length;

/**
 * A new id for a request of `endpoint`: 40 characters, sorted by time,
 * carrying revision and variant with a MAC of 72 bits, so that an outcome
 * reported for it later needs no record of calls.
 *
 * @public
 */
export function makeRequestId(
  secret: string,
  endpoint: string,
  facts: { at?: number; revision: number; variantIndex?: number },
): string {
  const bytes = Buffer.allocUnsafe(FACTS_BYTES + MAC_BYTES);
  bytes.writeUIntBE(facts.at ?? Date.now(), 0, RANDOM_OFFSET);
  if (poolOffset === pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  pool.copy(bytes, RANDOM_OFFSET, poolOffset, poolOffset + RANDOM_BYTES);
  poolOffset += RANDOM_BYTES;
  bytes.writeUInt32BE(facts.revision, REVISION_OFFSET);
  bytes[VARIANT_OFFSET] = facts.variantIndex ?? NO_VARIANT;
  mac(secret, endpoint, bytes.subarray(0, FACTS_BYTES)).copy(
    bytes,
    FACTS_BYTES,
    0,
    MAC_BYTES,
  );
  return encode(bytes);
}

/**
 * What an id says, or undefined if it was not made with this secret for this
 * endpoint.
 *
 * @public
 */
export function verifyRequestId(
  secret: string,
  endpoint: string,
  id: string,
): RequestFacts | undefined {
  if (!ID_PATTERN.test(id)) {
    return undefined;
  }
  const bytes = decode(id);
  const facts = bytes.subarray(0, FACTS_BYTES);
  const expected = mac(secret, endpoint, facts).subarray(0, MAC_BYTES);
  if (!timingSafeEqual(expected, bytes.subarray(FACTS_BYTES))) {
    return undefined;
  }
  const variantIndex = facts[VARIANT_OFFSET];
  return {
    at: facts.readUIntBE(0, RANDOM_OFFSET),
    revision: facts.readUInt32BE(REVISION_OFFSET),
    variantIndex: variantIndex === NO_VARIANT ? undefined : variantIndex,
  };
}

function mac(secret: string, endpoint: string, facts: Buffer): Buffer {
  return createHmac('sha256', secret).update(facts).update(endpoint).digest();
}

function encode(bytes: Buffer): string {
  let text = '';
  for (let offset = 0; offset < bytes.length; offset += 5) {
    // 40 bits are more than bitwise operators take: 20 bits at a time.
    const high =
      (bytes[offset] << 12) |
      (bytes[offset + 1] << 4) |
      (bytes[offset + 2] >> 4);
    const low =
      ((bytes[offset + 2] & 0x0f) << 16) |
      (bytes[offset + 3] << 8) |
      bytes[offset + 4];
    for (const part of [high, low]) {
      text +=
        ALPHABET[part >> 15] +
        ALPHABET[(part >> 10) & 31] +
        ALPHABET[(part >> 5) & 31] +
        ALPHABET[part & 31];
    }
  }
  return text;
}

function decode(text: string): Buffer {
  const bytes = Buffer.alloc((text.length * 5) / 8);
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (const character of text) {
    held = ((held << 5) | (VALUES.get(character) ?? 0)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (held >> bits) & 0xff;
    }
  }
  return bytes;
}
