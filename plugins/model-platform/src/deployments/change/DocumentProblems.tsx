import { Button } from '@backstage/ui';
import { PlainTable } from '../../shared/PlainTable';
import { toText } from '../../shared/toText';
import { DocumentProblem } from './readManifest';

/** What is wrong with a document; each line can be gone to. */
export function DocumentProblems(props: {
  problems: DocumentProblem[];
  onGoTo: (line: number) => void;
}) {
  const { problems, onGoTo } = props;
  return (
    <div role="alert">
      <PlainTable
        caption="What is refused"
        head={['Field', 'Line', 'What is wrong', 'Example']}
        rows={problems.map(({ line, field, rule, example }, index) => ({
          key: `${index} ${field}`,
          cells: [
            field ? <code key="field">{field}</code> : 'the text',
            line === undefined ? (
              '–'
            ) : (
              <Button
                key="line"
                size="small"
                variant="secondary"
                onPress={() => onGoTo(line)}
              >
                {`Line ${line}`}
              </Button>
            ),
            rule,
            toText(example) || '–',
          ],
        }))}
      />
    </div>
  );
}
