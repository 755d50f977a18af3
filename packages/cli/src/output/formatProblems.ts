import { FieldProblem } from '@model-platform/plugin-model-platform-common';

/** Every broken rule as a block: field and rule, what was given, what would do. */
export function formatProblems(problems: FieldProblem[]): string[] {
  const lines: string[] = [];
  for (const problem of problems) {
    lines.push(`  ${problem.field}: ${problem.rule}`);
    if (problem.given !== undefined)
      lines.push(`      given:   ${short(problem.given)}`);
    if (problem.example !== undefined)
      lines.push(`      example: ${short(problem.example)}`);
    if (problem.source && problem.source !== 'platform')
      lines.push(`      rule of: ${problem.source}`);
  }
  return lines;
}

function short(value: unknown): string {
  const text =
    typeof value === 'string' ? value : JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
