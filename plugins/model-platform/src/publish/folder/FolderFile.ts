/** A file of a folder that was dropped or chosen. */
export interface FolderFile {
  /** Relative to the folder, `/`-separated, in Unicode's composed form. */
  path: string;
  file: File;
}
