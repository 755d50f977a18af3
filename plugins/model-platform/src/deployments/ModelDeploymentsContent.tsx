import { Flex, Text } from '@backstage/ui';
import {
  CodeBlock,
  LoadState,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { useModelSlug } from '../shared/useModelSlug';
import { usePortalUrl } from '../shared/usePortalUrl';
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
  return (
    <LoadState loaded={deployments} what={`the deployments of ${slug}`}>
      {({ items }) =>
        items.length === 0 ? (
          <Flex direction="column" gap="3">
            <Text as="p">
              Nothing serves this model yet. This gives it an endpoint, in the
              model's folder:
            </Text>
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
            {items.map(deployment => (
              <DeploymentSection
                key={deployment.name}
                deployment={deployment}
                mayDeploy={Boolean(
                  deployment.actions?.deploy ?? model.data?.actions?.deploy,
                )}
                onChanged={deployments.reload}
              />
            ))}
          </Flex>
        )
      }
    </LoadState>
  );
}
