import { Flex, Link, Select, Text } from '@backstage/ui';
import {
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { useModelHref } from '../shared/useModelHref';
import { useModelSlug } from '../shared/useModelSlug';
import { useUrlState } from '../shared/useUrlState';
import { EndpointUse } from './EndpointUse';

/** The shortest way from a model to a first call. */
export function ModelUseContent() {
  const slug = useModelSlug();
  const href = useModelHref();
  const url = useUrlState();
  const deployments = useLoaded(
    `endpoints of ${slug}`,
    (api, signal) => api.listDeployments({ model: slug }, { signal }),
    { on: ['deployments'] },
  );
  return (
    <LoadState loaded={deployments} what={`the endpoints of ${slug}`}>
      {({ items }) => {
        if (items.length === 0) {
          return (
            <Text as="p">
              This model has no endpoint yet, so there is nothing to call. Its
              owner can <Link href={href(slug, 'deployments')}>deploy it</Link>.
            </Text>
          );
        }
        const asked = url.get('endpoint');
        const shown =
          items.find(({ name }) => name === asked)?.name ?? items[0].name;
        return (
          <Flex direction="column" gap="4">
            {items.length > 1 && (
              <Select
                label="Endpoint"
                options={items.map(({ name }) => ({ id: name, label: name }))}
                selectedKey={shown}
                onSelectionChange={key => url.set({ endpoint: String(key) })}
              />
            )}
            <EndpointUse key={shown} name={shown} />
          </Flex>
        );
      }}
    </LoadState>
  );
}
