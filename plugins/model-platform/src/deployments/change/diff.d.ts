declare module 'diff' {
  export interface Patch {
    hunks: Array<{ oldStart: number; newStart: number; lines: string[] }>;
  }

  /** Where two texts differ, line by line. */
  export function structuredPatch(
    oldFileName: string,
    newFileName: string,
    oldText: string,
    newText: string,
    oldHeader: string | undefined,
    newHeader: string | undefined,
    options: { context: number },
  ): Patch;

  /** As a unified diff, with a line of `=` at its top. */
  export function formatPatch(patch: Patch): string;
}
