import { DeclaredDocument } from '@model-platform/plugin-model-platform-common';
import { parseDocument } from 'yaml';

/** Begins a document, wherever it stands. */
const MARKER = /^---(?:\s|$)/;
/** Has nothing of the document itself on its line. */
const BARE_MARKER = /^---\s*(?:#.*)?$/;

/** The document of a YAML file that is the `ModelDeployment` of this name. */
export function documentIn(
  file: string,
  name: string,
): Pick<DeclaredDocument, 'line' | 'text' | 'next'> | undefined {
  const lines = file.split('\n');
  const starts = lines.flatMap((line, index) =>
    index === 0 || MARKER.test(line) ? index : [],
  );
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1];
    const begin = BARE_MARKER.test(lines[start]) ? start + 1 : start;
    const text = lines.slice(begin, end).join('\n');
    if (declares(text, name)) {
      return end === undefined
        ? { line: begin + 1, text }
        : { line: begin + 1, text: `${text}\n`, next: lines[end] };
    }
  }
  return undefined;
}

function declares(text: string, name: string): boolean {
  const document = parseDocument(text);
  return (
    document.errors.length === 0 &&
    document.get('kind') === 'ModelDeployment' &&
    document.getIn(['metadata', 'name']) === name
  );
}
