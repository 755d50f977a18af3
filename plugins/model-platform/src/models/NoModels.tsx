import { Box, Button, ButtonLink, Flex, Text } from '@backstage/ui';
import { CodeBlock } from '@model-platform/plugin-model-platform-react';
import { usePortalUrl } from '../shared/usePortalUrl';

/** An empty list: nothing matches, or nothing was published yet. */
export function NoModels(props: { isFiltered: boolean; onClear: () => void }) {
  const { isFiltered, onClear } = props;
  const portalUrl = usePortalUrl();
  if (isFiltered) {
    return (
      <Flex direction="column" gap="2" align="start">
        <Text as="h2" variant="title-x-small">
          No model matches
        </Text>
        <Text as="p" color="secondary">
          Fewer filters or other words may find one. Models that nobody shared
          with you are not listed.
        </Text>
        <Button variant="secondary" onPress={onClear}>
          Clear all filters
        </Button>
      </Flex>
    );
  }
  return (
    <Flex direction="column" gap="3" align="start">
      <Text as="h2" variant="title-x-small">
        There is no model yet that you may see
      </Text>
      <Text as="p" color="secondary">
        A model is a folder with a model.yaml. This publishes it:
      </Text>
      <Box width="100%">
        <CodeBlock
          label="Commands that publish a first model"
          text={[
            `export MODEL_PLATFORM_URL=${portalUrl}`,
            'export MODEL_PLATFORM_TOKEN=…   # made under Publish',
            'cd my-model',
            `npx ${portalUrl}/api/model-platform/cli.tgz publish .`,
          ].join('\n')}
        />
      </Box>
      <ButtonLink href="/model-platform/publish" variant="primary">
        Publish a model
      </ButtonLink>
    </Flex>
  );
}
