import { LineCounter, parseDocument } from 'yaml';

/** What a YAML text holds, or what is wrong with it. @public */
export interface YamlReading {
  content?: Record<string, unknown>;
  /** Each with its place, e.g. `3:7  …`, where it is of one place. */
  problems: string[];
}

/** A YAML text with an object at its top. @public */
export function readYamlObject(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
  });
  if (document.errors.length) {
    return {
      problems: document.errors.map(error => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${line}:${col}  ${error.message}`;
      }),
    };
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : `${error}`] };
  }
  if (
    typeof content !== 'object' ||
    content === null ||
    Array.isArray(content)
  ) {
    return {
      problems: ['it must hold fields and their values, such as "name: churn"'],
    };
  }
  return { content: content as Record<string, unknown>, problems: [] };
}
