import { Flex, Text } from '@backstage/ui';
import { CodeBlock } from '@model-platform/plugin-model-platform-react';
import { usePortalUrl } from '../shared/usePortalUrl';

/** Lines to paste into a shell; the token stands in them once it is made. */
export function PublishCommands({ token }: { token: string | undefined }) {
  const portalUrl = usePortalUrl();
  const cli = `npx --yes ${portalUrl}/api/model-platform/cli.tgz`;
  return (
    <Flex direction="column" gap="3">
      <CodeBlock
        label="Where to, and who"
        text={[
          `export MODEL_PLATFORM_URL=${portalUrl}`,
          `export MODEL_PLATFORM_TOKEN=${token ?? '<the token of step 2>'}`,
        ].join('\n')}
      />
      <Text as="p">
        In the folder of the model. What breaks a rule is refused with the
        field, the rule and an example, and nothing is stored;{' '}
        <code>--dry-run</code> only says what would be refused.
      </Text>
      <CodeBlock label="Publish" text={`${cli} publish .`} />
      <Text as="p">
        Publishing does not touch what serves. This does, as{' '}
        <code>model-deployment.yaml</code> says:
      </Text>
      <CodeBlock label="Deploy" text={`${cli} deploy .`} />
    </Flex>
  );
}
