import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { PlainTable } from '../../shared/PlainTable';
import { toText } from '../../shared/toText';

/** Every broken rule: field, rule, what was given, what would do, whose rule it is. */
export function ProblemsTable(props: { problems: FieldProblem[] }) {
  return (
    <PlainTable
      caption="What is refused"
      head={['Field', 'Rule', 'Given', 'Example', 'Rule of']}
      rows={props.problems.map(
        ({ field, rule, given, example, source }, index) => ({
          key: `${index} ${field}`,
          cells: [
            <code key="field">{field}</code>,
            rule,
            toText(given) || '–',
            toText(example) || '–',
            source,
          ],
        }),
      )}
    />
  );
}
