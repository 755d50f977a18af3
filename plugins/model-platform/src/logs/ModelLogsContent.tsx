import { ButtonLink, Flex, Select, Text } from '@backstage/ui';
import { useEntity } from '@backstage/plugin-catalog-react';
import {
  LoadState,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { useModelHref } from '../shared/useModelHref';
import { useUrlState } from '../shared/useUrlState';
import { DeploymentLogs } from './DeploymentLogs';

/** What the runners of a model's deployments wrote. */
export function ModelLogsContent() {
  const slug = useEntity().entity.metadata.name;
  const href = useModelHref();
  const url = useUrlState();
  const isImage = useModel(slug).data?.current?.flavor === 'image';
  const deployments = useLoaded(
    `deployments of ${slug}`,
    (api, signal) => api.listDeployments({ model: slug }, { signal }),
    { on: ['deployments'] },
  );
  return (
    <LoadState loaded={deployments} what="the logs">
      {({ items }) => {
        if (items.length === 0) {
          return (
            <Flex direction="column" gap="3" align="start">
              <Text as="h2" variant="title-x-small">
                No logs: this model is not deployed
              </Text>
              <Text as="p" color="secondary">
                Its runners write here once a deployment serves it.
              </Text>
              <ButtonLink href={href(slug, 'deployments')} variant="secondary">
                Deployments
              </ButtonLink>
            </Flex>
          );
        }
        const chosen =
          items.find(item => item.name === url.get('deployment')) ?? items[0];
        return (
          <Flex direction="column" gap="3">
            {items.length > 1 && (
              <div style={{ maxWidth: 320 }}>
                <Select
                  label="Deployment"
                  options={items.map(({ name }) => ({
                    value: name,
                    label: name,
                  }))}
                  selectedKey={chosen.name}
                  onSelectionChange={key =>
                    url.set({ deployment: String(key), runner: undefined })
                  }
                />
              </div>
            )}
            {isImage && (
              <Text as="p" color="secondary">
                This model is an image. Here are the lines of the runner beside
                its container, with each call that failed, and how. What the
                container itself writes stays with the cluster:{' '}
                <code>kubectl logs POD -c model</code>
              </Text>
            )}
            <DeploymentLogs key={chosen.name} deployment={chosen} />
          </Flex>
        );
      }}
    </LoadState>
  );
}
