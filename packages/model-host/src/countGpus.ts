import { readdirSync } from 'node:fs';

/** How many GPUs of this machine there are drivers for. */
export function countGpus(): number {
  try {
    return readdirSync('/dev').filter(name => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
