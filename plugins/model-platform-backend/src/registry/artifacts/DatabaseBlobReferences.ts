import { randomUUID } from 'node:crypto';
import { Knex } from 'knex';
import { INSERT_CHUNK } from '../insertChunk';
import { FileRow, VersionRow } from '../modelRows';
import { lockScope } from '../modelWrites';
import { BlobReferences } from './BlobReferences';

/** Tables whose rows keep a blob, by `system` and `digest`. */
const REFERRING = ['registry_files', 'mlflow_artifacts', 'registry_blob_holds'];

/** Whether anything of the system refers to the blob. */
async function isBlobUsed(
  tx: Knex,
  system: string,
  digest: string,
): Promise<boolean> {
  for (const table of REFERRING) {
    if (await tx(table).where({ system, digest }).first('digest')) return true;
  }
  return false;
}

/** What the tables of the registry say of blobs. */
export class DatabaseBlobReferences implements BlobReferences {
  static create(options: { knex: Knex }) {
    return new DatabaseBlobReferences(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async unused(system: string, digests: string[]): Promise<Set<string>> {
    const unused = new Set(digests);
    for (const table of REFERRING) {
      const rows: Array<Pick<FileRow, 'digest'>> = await this.knex(table)
        .where({ system })
        .whereIn('digest', digests)
        .distinct('digest');
      for (const { digest } of rows) unused.delete(digest);
    }
    return unused;
  }

  async removeUnused(
    system: string,
    digest: string,
    remove: () => Promise<void>,
  ): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      await lockScope(tx, system);
      if (await isBlobUsed(tx, system, digest)) return false;
      // Before the commit: after it, somebody may announce the file and count on it.
      await remove();
      return true;
    });
  }

  async holding<T>(
    system: string,
    work: (hold: (...digests: string[]) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const holder = randomUUID();
    const hold = async (...digests: string[]) => {
      const rows = digests.map(digest => ({
        holder,
        system,
        digest,
        held_at: new Date().toISOString(),
      }));
      await this.knex.transaction(async tx => {
        // What is being removed now is gone after this, and then written anew.
        await lockScope(tx, system);
        for (let start = 0; start < rows.length; start += INSERT_CHUNK)
          await tx('registry_blob_holds').insert(
            rows.slice(start, start + INSERT_CHUNK),
          );
      });
    };
    try {
      return await work(hold);
    } finally {
      // A hold that cannot be ended ends by its age.
      await this.knex('registry_blob_holds')
        .where({ holder })
        .delete()
        .catch(() => undefined);
    }
  }

  async endHolds(before: Date): Promise<void> {
    await this.knex('registry_blob_holds')
      .where('held_at', '<', before.toISOString())
      .delete();
  }

  async drafts(owners: string[]): Promise<Set<string>> {
    const rows = await this.knex<VersionRow>('registry_versions')
      .whereIn('id', owners)
      .where({ status: 'draft' })
      .select('id');
    return new Set(rows.map(({ id }) => id));
  }
}
