import { Flex, Text } from '@backstage/ui';
import {
  CodeBlock,
  LoadState,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { useModelSlug } from '../shared/useModelSlug';
import { usePortalUrl } from '../shared/usePortalUrl';
import { DeployButton } from './change';
import { DeploymentSection } from './DeploymentSection';

/** What serves a model, and the means to change it. */
export function ModelDeploymentsContent() {
  const slug = useModelSlug();
  const portalUrl = usePortalUrl();
  const model = useModel(slug);
  const deployments = useLoaded(
    `deployments of ${slug}`,
    (api, signal) => api.listDeployments({ model: slug }, { signal }),
    { on: ['deployments'], everyMs: 5_000 },
  );
  const mayDeploy = Boolean(model.data?.actions?.deploy);
  const deploy = mayDeploy && (
    <DeployButton slug={slug} onApplied={deployments.reload} />
  );
  return (
    <LoadState loaded={deployments} what={`the deployments of ${slug}`}>
      {({ items }) =>
        items.length === 0 ? (
          <Flex direction="column" gap="3" align="start">
            <Text as="p">
              Nothing serves this model yet. A deployment gives it an endpoint
              that applications call.
            </Text>
            {deploy}
            <Text as="p">In the model's folder, this does the same:</Text>
            <CodeBlock
              label="Command that deploys the model"
              text={`npx ${portalUrl}/api/model-platform/cli.tgz deploy .`}
            />
            {model.data?.actions?.deploy === false && (
              <Text as="p" color="secondary">
                You may not deploy this model yourself; its owning group may.
              </Text>
            )}
          </Flex>
        ) : (
          <Flex direction="column" gap="4">
            {deploy && <Flex justify="end">{deploy}</Flex>}
            {items.map(deployment => (
              <DeploymentSection
                key={deployment.name}
                deployment={deployment}
                mayDeploy={deployment.actions?.deploy ?? mayDeploy}
                onChanged={deployments.reload}
              />
            ))}
          </Flex>
        )
      }
    </LoadState>
  );
}
