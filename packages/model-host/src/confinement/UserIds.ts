import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../jsonFile';

const schema = z.object({ systems: z.record(z.string(), z.number().int()) });

/**
 * A user id for each system, out of a range that is nobody else's: what runs
 * for one system can neither read nor end what is another's. Written down, for
 * files and processes of it may be there.
 */
export class UserIds {
  readonly #path: string;
  readonly #range: { first: number; last: number };
  readonly #ids: Map<string, number>;

  constructor(path: string, range: { first: number; last: number }) {
    this.#path = path;
    this.#range = range;
    const kept = readJsonFile(path);
    const { first, last } = range;
    this.#ids = new Map(
      Object.entries(kept ? schema.parse(kept).systems : {}).filter(
        ([, id]) => id >= first && id <= last,
      ),
    );
  }

  /** @throws Error if all ids of the range are taken */
  of(system: string): number {
    const known = this.#ids.get(system);
    if (known !== undefined) {
      return known;
    }
    const { first, last } = this.#range;
    const count = last - first + 1;
    const taken = new Set(this.#ids.values());
    // Two platforms of a machine begin at different places.
    const begin = createHash('sha256')
      .update(`${this.#path}\0${system}`)
      .digest()
      .readUInt32BE();
    for (let step = 0; step < count; step += 1) {
      const id = first + ((begin + step) % count);
      if (!taken.has(id)) {
        this.#ids.set(system, id);
        writeJsonFile(this.#path, { systems: Object.fromEntries(this.#ids) });
        return id;
      }
    }
    throw new Error(
      `There is no user id left for system '${system}': ${first}-${last} has ${count}; widen RUNNER_USER_IDS`,
    );
  }
}
