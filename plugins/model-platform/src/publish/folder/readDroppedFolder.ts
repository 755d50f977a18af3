import { FileRules } from '@model-platform/plugin-model-platform-common';
import { FolderFile } from './FolderFile';

/**
 * The files of what was dropped: of the one folder, or of all that was dropped
 * as if it lay in one. Folders that are never published are not walked.
 */
export async function readDroppedFolder(
  dropped: DataTransfer,
): Promise<FolderFile[]> {
  // To be asked at once: the browser forgets what was dropped after the event.
  const entries = [...dropped.items].flatMap(
    item => item.webkitGetAsEntry() ?? [],
  );
  const [only] = entries;
  const top =
    entries.length === 1 && isFolder(only) ? await contentOf(only) : entries;
  const never = new FileRules({ fields: {} });
  const found: FolderFile[] = [];
  const pending = top.map(entry => ({ entry, path: entry.name }));
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { entry, path } = next;
    if (!isFolder(entry)) {
      found.push({
        path: path.normalize('NFC'),
        file: await fileOf(entry as FileSystemFileEntry),
      });
    } else if (!never.leavesOut(`${path}/`)) {
      for (const inner of await contentOf(entry))
        pending.push({ entry: inner, path: `${path}/${inner.name}` });
    }
  }
  return found;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** A reader gives a hundred or so at a time, and none at the end. */
async function contentOf(
  folder: FileSystemDirectoryEntry,
): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
