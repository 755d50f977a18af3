import { UPLOAD_LIFE_MS, UploadStore } from './UploadStore';

const AT_ONCE = 1_000;

/**
 * Forgets uploads that nobody may go on with; the bytes of their parts are left
 * to garbage collection.
 *
 * @returns how many there were
 */
export async function giveUpUploads(
  uploads: UploadStore,
  options: { now?: Date; signal?: AbortSignal } = {},
): Promise<number> {
  const { now = new Date(), signal } = options;
  const end = new Date(now.getTime() - UPLOAD_LIFE_MS).toISOString();
  let removed = 0;
  for (const { id } of await uploads.olderThan(end, AT_ONCE)) {
    if (signal?.aborted) break;
    await uploads.remove(id);
    removed += 1;
  }
  return removed;
}
