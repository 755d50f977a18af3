import { Button, Flex, Text } from '@backstage/ui';
import {
  Facts,
  formatBytes,
  formatCounted,
  nameOfRef,
} from '@model-platform/plugin-model-platform-react';
import { toText } from '../../shared/toText';
import { ModelFolder } from './readModelFolder';

const PICKLES = /\.(pkl|pickle|joblib)$/i;

/** What would be published, and that nothing speaks against it. */
export function AcceptedFolder(props: {
  folder: ModelFolder;
  onPublish: () => void;
  onCancel: () => void;
}) {
  const { folder, onPublish, onCancel } = props;
  const { name, fields, files, leftOut } = folder;
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const pickles = files.filter(({ path }) => PICKLES.test(path));
  return (
    <Flex direction="column" gap="3">
      <Text as="p" role="status" weight="bold">
        Nothing would be refused. Nothing is stored yet.
      </Text>
      <Facts
        facts={[
          { name: 'Model', value: name },
          { name: 'Owner', value: nameOfRef(toText(fields.owner)) },
          { name: 'System', value: nameOfRef(toText(fields.system)) },
          {
            name: 'Files',
            value: `${formatCounted(files.length, 'file')}, ${formatBytes(
              bytes,
            )}${
              leftOut > 0
                ? `; ${formatCounted(leftOut, 'file')} of the folder left out`
                : ''
            }`,
          },
        ]}
      />
      {pickles.length > 0 && (
        <Text as="p" color="warning">
          {pickles.map(({ path }) => path).join(', ')}: whoever loads a pickle
          runs what it says. <code>model-platform publish --dry-run</code> says
          what it imports, and looks for secrets, too.
        </Text>
      )}
      <details>
        <summary>
          <Text>Files that make up the version</Text>
        </summary>
        <ul style={{ margin: 0 }}>
          {files.map(({ path, file }) => (
            <li key={path}>
              <Text>
                <code>{path}</code>, {formatBytes(file.size)}
              </Text>
            </li>
          ))}
        </ul>
      </details>
      <Flex gap="2">
        <Button variant="primary" onPress={onPublish}>
          Publish {name}
        </Button>
        <Button variant="secondary" onPress={onCancel}>
          Another folder
        </Button>
      </Flex>
    </Flex>
  );
}
