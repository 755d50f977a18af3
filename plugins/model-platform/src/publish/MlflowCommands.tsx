import { Flex, Text } from '@backstage/ui';
import { CodeBlock } from '@model-platform/plugin-model-platform-react';
import { usePortalUrl } from '../shared/usePortalUrl';

/** The same for those who log their models with MLflow; its client works as it is. */
export function MlflowCommands({ token }: { token: string | undefined }) {
  const portalUrl = usePortalUrl();
  return (
    <Flex direction="column" gap="3">
      <CodeBlock
        label="MLflow: where to, and who"
        text={[
          `export MLFLOW_TRACKING_URI=${portalUrl}/api/model-platform/mlflow`,
          `export MLFLOW_TRACKING_TOKEN=${token ?? '<the token of step 2>'}`,
        ].join('\n')}
      />
      <CodeBlock
        label="MLflow: log and register"
        text={[
          'mlflow.sklearn.log_model(',
          '    model,',
          '    name="model",',
          '    registered_model_name="my-model",',
          '    input_example=inputs.head(1),',
          '    # What model.yaml says below metadata, and a description.',
          '    metadata={"description": "…", "purpose": "…"},',
          ')',
        ].join('\n')}
      />
      <Text as="p">
        A version that lacks something is <code>PENDING_REGISTRATION</code> and
        says in its status message what; it is ready as soon as that is added,
        as tags such as <code>metadata.purpose</code>.
      </Text>
    </Flex>
  );
}
