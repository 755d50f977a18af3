import { FolderFile } from './FolderFile';

/** The files of a folder that the browser's own dialog gave. */
export function readChosenFolder(chosen: FileList): FolderFile[] {
  return [...chosen].map(file => ({
    // The first segment is the folder itself.
    path: (file.webkitRelativePath || file.name)
      .split('/')
      .slice(file.webkitRelativePath ? 1 : 0)
      .join('/')
      .normalize('NFC'),
    file,
  }));
}
