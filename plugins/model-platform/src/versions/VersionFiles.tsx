import { Alert, ButtonIcon, Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import {
  CopyButton,
  formatBytes,
  formatCounted,
  messageOf,
  modelPlatformApiRef,
  Section,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { RiDownloadLine } from '@remixicon/react';
import { saveFile } from '../shared/saveFile';

/** The files of a version, each with size, digest and a download. */
export function VersionFiles(props: { slug: string; version: ModelVersion }) {
  const { slug, version } = props;
  const api = useApi(modelPlatformApiRef);
  const download = useAction(async (path: string) => {
    const response = await api.openFile(slug, version.number, path);
    saveFile(await response.blob(), path.split('/').pop() ?? path);
  });
  const total = version.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return (
    <Section
      title="Files"
      hint={`${formatCounted(version.files.length, 'file')}, ${formatBytes(
        total,
      )}`}
    >
      <Flex direction="column" gap="2">
        {download.error && (
          <Alert
            status="danger"
            icon
            title="The file could not be downloaded"
            description={messageOf(download.error)}
          />
        )}
        <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
          {version.files.map(file => (
            <li key={file.path}>
              <Flex align="center" justify="between" gap="2">
                <Text truncate>{file.path}</Text>
                <Flex align="center" gap="1">
                  <Text color="secondary">{formatBytes(file.sizeBytes)}</Text>
                  <Text color="secondary" title={file.digest}>
                    <code>{file.digest.slice(7, 15)}</code>
                  </Text>
                  <CopyButton
                    text={file.digest}
                    label={`Copy the digest of ${file.path}`}
                  />
                  <ButtonIcon
                    aria-label={`Download ${file.path}`}
                    size="small"
                    variant="tertiary"
                    icon={<RiDownloadLine />}
                    isDisabled={download.isRunning}
                    onPress={() => download.run(file.path)}
                  />
                </Flex>
              </Flex>
            </li>
          ))}
        </ul>
      </Flex>
    </Section>
  );
}
