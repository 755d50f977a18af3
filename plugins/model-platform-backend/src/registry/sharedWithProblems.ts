import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { EntityDirectory } from './EntityDirectory';

/** References that nothing in the catalog answers to. */
export async function sharedWithProblems(
  refs: string[],
  directory: EntityDirectory,
): Promise<FieldProblem[]> {
  const problems: FieldProblem[] = [];
  for (const [index, ref] of refs.entries()) {
    const field = `sharedWith[${index}]`;
    if (!/^(group|system):/.test(ref)) {
      problems.push({
        field,
        rule: 'must be the entity ref of a group or a system',
        given: ref,
        example: 'group:default/marketing',
        source: 'platform',
      });
    } else if (!(await directory.has(ref))) {
      problems.push({
        field,
        rule: 'is not in the catalog',
        given: ref,
        source: 'platform',
      });
    }
  }
  return problems;
}
