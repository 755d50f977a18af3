import {
  FieldProblem,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import { filePathProblem } from './filePathProblem';

/** What is wrong with the names and sizes of a version's files. */
export function fileProblems(
  files: VersionFile[],
  maxFileBytes: number,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const byFolded = new Map<string, string>();
  const folders = new Set(
    files.flatMap(({ path }) =>
      // One that is refused is in no folder; it may be far too deep.
      filePathProblem(path) ? [] : foldersOf(fold(path)),
    ),
  );
  for (const [index, { path, sizeBytes }] of files.entries()) {
    const field = `files[${index}].path`;
    const rule = filePathProblem(path);
    if (rule) {
      problems.push({
        field,
        rule,
        given: path,
        example: 'model.onnx',
        source: 'platform',
      });
    }
    const twin = byFolded.get(fold(path));
    if (twin !== undefined) {
      problems.push({
        field,
        rule:
          twin === path
            ? 'is named twice'
            : `differs from ${twin} only in case, which not every file system keeps apart`,
        given: path,
        source: 'platform',
      });
    }
    byFolded.set(fold(path), path);
    if (folders.has(fold(path))) {
      problems.push({
        field,
        rule: 'is a file and the folder of another one',
        given: path,
        source: 'platform',
      });
    }
    if (sizeBytes > maxFileBytes) {
      problems.push({
        field: `files[${index}].sizeBytes`,
        rule: `must be at most ${maxFileBytes} (modelPlatform.limits.maxFileBytes)`,
        given: sizeBytes,
        source: 'platform',
      });
    }
  }
  return problems;
}

/** `a/b/c` is in `a` and in `a/b`. */
function foldersOf(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

function fold(path: string): string {
  return path.normalize('NFC').toLocaleLowerCase('en-US');
}
