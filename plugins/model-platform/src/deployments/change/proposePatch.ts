import { DeclaredDocument } from '@model-platform/plugin-model-platform-common';
import { formatPatch, structuredPatch } from 'diff';

const CONTEXT_LINES = 3;

/**
 * What becomes of a document's file in Git when the document has this text: a
 * unified diff as `git apply` takes it at the root of the repository. Nothing
 * where it stays as it is.
 */
export function proposePatch(
  document: DeclaredDocument,
  changed: string,
): string | undefined {
  const path = pathOf(document);
  const { hunks, ...names } = structuredPatch(
    `a/${path}`,
    `b/${path}`,
    inFile(document, document.text),
    inFile(document, changed),
    undefined,
    undefined,
    { context: CONTEXT_LINES },
  );
  if (hunks.length === 0) return undefined;
  const before = document.line - 1;
  const patch = formatPatch({
    ...names,
    hunks: hunks.map(hunk => ({
      ...hunk,
      oldStart: hunk.oldStart + before,
      newStart: hunk.newStart + before,
    })),
  });
  return patch.slice(patch.indexOf('--- a/'));
}

/** Of the file in its repository, or its name where the address does not say more. */
function pathOf({ path, location }: DeclaredDocument): string {
  return path ?? location.replace(/[?#].*$/, '').replace(/^.*\//, '');
}

/**
 * As its file has it, with the ends of lines that are used there, which a form
 * does not keep. A change that had no line behind it would be one at the end
 * of the file.
 */
function inFile({ text, next }: DeclaredDocument, document: string): string {
  const ended = next === undefined || /\n$/.test(document);
  const lines = `${document}${ended ? '' : '\n'}${next ? `${next}\n` : ''}`;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  return lines.replace(/\r?\n/g, end);
}
