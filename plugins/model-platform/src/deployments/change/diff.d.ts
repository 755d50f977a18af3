declare module 'diff' {
  export interface Hunk {
    /** Lines, from 1. */
    oldStart: number;
    newStart: number;
    /** Each behind its mark; without their ends. */
    lines: string[];
  }

  export interface Patch {
    hunks: Hunk[];
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
