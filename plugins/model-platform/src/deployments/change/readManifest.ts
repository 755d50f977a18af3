import {
  FieldProblem,
  lineOfField,
  manifestProblems,
  ModelDeploymentManifest,
  readYamlObject,
} from '@model-platform/plugin-model-platform-common';

/** What is wrong with a document, at its line where it has one. */
export interface DocumentProblem {
  /** From 1. */
  line?: number;
  field?: string;
  rule: string;
  example?: unknown;
}

/** The deployment that a text describes, or why it describes none. */
export function readManifest(text: string): {
  manifest?: ModelDeploymentManifest;
  problems: DocumentProblem[];
} {
  const { content, problems } = readYamlObject(text);
  if (!content) return { problems: problems.map(atPlace) };
  const wrong = manifestProblems(content);
  return wrong.length > 0
    ? { problems: atLines(text, wrong) }
    : {
        manifest: content as unknown as ModelDeploymentManifest,
        problems: [],
      };
}

/** Problems by field, with the lines that have the fields. */
export function atLines(
  text: string,
  problems: FieldProblem[],
): DocumentProblem[] {
  return problems.map(({ field, rule, example }) => ({
    line: lineOfField(text, field),
    field,
    rule,
    example,
  }));
}

/** Of YAML itself: `3:7  …`. */
function atPlace(problem: string): DocumentProblem {
  const [, line, rule] = /^(\d+):\d+\s+(.*)$/s.exec(problem) ?? [];
  return line ? { line: Number(line), rule } : { rule: problem };
}
