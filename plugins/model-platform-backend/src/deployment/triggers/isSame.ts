import { canonicalJson } from '../../canonicalJson';

/** By what they say: keys without a value are none. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
