import { DeclaredDocument } from '@model-platform/plugin-model-platform-common';
import { formatPatch, Hunk, structuredPatch } from 'diff';
import { asTyped } from './asTyped';

const CONTEXT_LINES = 3;
const END = /\r?\n/g;
const NO_END = '\\ No newline at end of file';

/**
 * What becomes of a document's file in Git when the document has this text: a
 * unified diff as `git apply` takes it at the root of the repository, without
 * the names where it is not sure which file that is. Nothing where it stays as
 * it is.
 */
export function proposePatch(
  document: DeclaredDocument,
  changed: string,
): string | undefined {
  const { path, text, line } = document;
  const old = inFile(document, text);
  const next = asTyped(inFile(document, changed));
  const { hunks, ...names } = structuredPatch(
    `a/${path}`,
    `b/${path}`,
    asTyped(old),
    next,
    undefined,
    undefined,
    { context: CONTEXT_LINES },
  );
  if (hunks.length === 0) return undefined;
  const patch = formatPatch({
    ...names,
    hunks: hunks.map(hunk => ({
      ...hunk,
      oldStart: hunk.oldStart + line - 1,
      newStart: hunk.newStart + line - 1,
      lines: withEnds(hunk, { old, next }),
    })),
  });
  return patch.slice(patch.indexOf(path === undefined ? '@@ ' : '--- a/'));
}

/** A change that had no line behind it would be one at the end of the file. */
function inFile({ next }: DeclaredDocument, document: string): string {
  if (next === undefined) return document;
  return `${document}${document.endsWith('\n') ? '' : '\n'}${next}\n`;
}

/**
 * The lines of a part with the ends that its file has, which a form does not
 * keep: lines of the file with their own, new ones with that of most. Those
 * that have none are marked here, too, since `diff` marks the wrong one where
 * a part has several changes.
 */
function withEnds(
  { oldStart, newStart, lines }: Hunk,
  texts: { old: string; next: string },
): string[] {
  const ends = texts.old.match(END) ?? [];
  const windows = ends.filter(end => end === '\r\n').length;
  const ofMost = windows > ends.length / 2 ? '\r\n' : '\n';
  const ended = texts.next.match(END)?.length ?? 0;
  let oldLine = oldStart - 1;
  let newLine = newStart - 1;
  return lines
    .filter(line => !line.startsWith('\\'))
    .flatMap(line => {
      const isNew = line.startsWith('+');
      const newEnd = newLine < ended ? ofMost : undefined;
      const end = isNew ? newEnd : ends[oldLine];
      if (!isNew) oldLine += 1;
      if (!line.startsWith('-')) newLine += 1;
      if (!end) return [line, NO_END];
      return end === '\n' ? line : `${line}\r`;
    });
}
