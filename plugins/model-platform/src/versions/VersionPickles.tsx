import { Alert, Flex, Text } from '@backstage/ui';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import { Facts, Section } from '@model-platform/plugin-model-platform-react';

/** What loading the files of a version imports; nothing where it has none that import. */
export function VersionPickles({ version }: { version: ModelVersion }) {
  const readings = (version.readings ?? []).filter(({ imports }) => imports);
  if (readings.length === 0) return null;
  const unlisted = readings.filter(one => one.unlisted);
  return (
    <Section title="What loading it imports">
      <Flex direction="column" gap="3">
        {readings.some(({ format }) => format === 'pickle') && (
          <Text color="secondary">
            Whoever loads a pickle runs what it says. The platform reads its
            instructions, and loads it only in its runner; skops and ONNX files
            run nothing.
          </Text>
        )}
        {unlisted.length > 0 && (
          <Alert
            status="warning"
            icon
            title="Not all of it was on the platform's list when it was published"
            description={unlisted
              .map(one => `${one.path}: ${one.unlisted?.join(', ')}`)
              .join('; ')}
          />
        )}
        <Facts
          facts={readings.map(({ path, imports = [], problem }) => ({
            name: path,
            value: [
              imports.join(', ') || 'nothing',
              problem && `not followed to its end: ${problem}`,
            ]
              .filter(Boolean)
              .join('; '),
          }))}
        />
      </Flex>
    </Section>
  );
}
