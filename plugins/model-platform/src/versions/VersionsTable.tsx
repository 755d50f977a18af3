import {
  Badge,
  Button,
  Cell,
  CellText,
  ColumnConfig,
  Flex,
  Table,
  Text,
} from '@backstage/ui';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import {
  nameOfRef,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { evaluationText } from './evaluationText';

/** One row a version, newest first. */
export function VersionsTable(props: {
  versions: ModelVersion[];
  /** Number or alias of the one that is shown in full. */
  shown: string;
  onShow: (number: number) => void;
}) {
  const { versions, shown, onShow } = props;
  const columns: ColumnConfig<ModelVersion>[] = [
    {
      id: 'number',
      label: 'Version',
      isRowHeader: true,
      width: 200,
      cell: version => {
        const isShown =
          shown === String(version.number) || version.aliases.includes(shown);
        return (
          <Cell>
            <Flex align="center" gap="2">
              <Button
                size="small"
                variant={isShown ? 'primary' : 'secondary'}
                aria-pressed={isShown}
                aria-label={`v${version.number}: show this version`}
                onPress={() => onShow(version.number)}
              >
                v{version.number}
              </Button>
              {version.aliases.map(alias => (
                <Badge key={alias}>{alias}</Badge>
              ))}
              {version.status !== 'ready' && <Badge>{version.status}</Badge>}
            </Flex>
          </Cell>
        );
      },
    },
    {
      id: 'evaluation',
      label: 'Evaluation',
      defaultWidth: '2fr',
      cell: version => (
        <Cell>
          <Text>{evaluationText(version.evaluation) || '–'}</Text>
        </Cell>
      ),
    },
    {
      id: 'flavor',
      label: 'Kind',
      width: 110,
      cell: version => (
        <CellText
          title={version.flavor}
          description={version.image ? undefined : version.runtime}
        />
      ),
    },
    {
      id: 'publisher',
      label: 'Published by',
      cell: version => <CellText title={nameOfRef(version.publisher)} />,
    },
    {
      id: 'commit',
      label: 'Commit',
      width: 110,
      cell: version => (
        <Cell>
          {version.provenance?.commit ? (
            <code>{version.provenance.commit.slice(0, 8)}</code>
          ) : (
            <Text color="secondary">–</Text>
          )}
        </Cell>
      ),
    },
    {
      id: 'published',
      label: 'Published',
      cell: version => (
        <Cell>
          <Text>
            <TimeAgo at={version.readyAt} none="not yet" />
          </Text>
        </Cell>
      ),
    },
  ];
  return (
    <Table
      columnConfig={columns}
      data={versions}
      pagination={{ type: 'none' }}
    />
  );
}
