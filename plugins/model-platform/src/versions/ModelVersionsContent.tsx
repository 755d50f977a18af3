import { useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import {
  CodeBlock,
  LoadState,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { useModelSlug } from '../shared/useModelSlug';
import { useUrlState } from '../shared/useUrlState';
import { usePortalUrl } from '../shared/usePortalUrl';
import { VersionComparison } from './VersionComparison';
import { VersionDetails } from './VersionDetails';
import { VersionsTable } from './VersionsTable';

const PAGE_SIZE = 25;

/** All versions of a model; one of them in full. */
export function ModelVersionsContent() {
  const slug = useModelSlug();
  const url = useUrlState();
  const portalUrl = usePortalUrl();
  const [limit, setLimit] = useState(PAGE_SIZE);
  const model = useModel(slug);
  const versions = useLoaded(
    `versions of ${slug} ${limit}`,
    (api, signal) =>
      loadPages(limit, page =>
        api.listVersions(slug, { ...page, limit: PAGE_SIZE }, { signal }),
      ),
    { on: ['models'], keep: true },
  );
  const asked = url.get('version');
  const reload = () => {
    model.reload();
    versions.reload();
  };

  return (
    <LoadState loaded={versions} what={`the versions of ${slug}`}>
      {({ items, hasMore }) => {
        if (items.length === 0) {
          return (
            <Flex direction="column" gap="3">
              <Text as="p">
                No version has been published yet. In the model's folder:
              </Text>
              <CodeBlock
                label="Command that publishes a version"
                text={`npx ${portalUrl}/api/model-platform/cli.tgz publish .`}
              />
            </Flex>
          );
        }
        const shown =
          asked ?? String(model.data?.current?.number ?? items[0].number);
        return (
          <Flex direction="column" gap="4">
            <VersionsTable
              versions={items}
              shown={shown}
              onShow={number => url.set({ version: String(number) })}
            />
            {hasMore && (
              <div>
                <Button
                  variant="secondary"
                  onPress={() => setLimit(limit + PAGE_SIZE)}
                >
                  Show more
                </Button>
              </div>
            )}
            <VersionDetails
              slug={slug}
              version={shown}
              model={model.data}
              onChanged={reload}
              onDeleted={() => {
                url.set({ version: undefined });
                reload();
              }}
            />
            {items.length > 1 && (
              <VersionComparison slug={slug} versions={items} url={url} />
            )}
          </Flex>
        );
      }}
    </LoadState>
  );
}
