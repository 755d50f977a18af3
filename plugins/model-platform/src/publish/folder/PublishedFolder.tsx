import { Button, ButtonLink, Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import {
  formatBytes,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { useModelHref } from '../../shared/useModelHref';
import { FolderPublished } from './FolderUpload';

const LOOK_AGAIN_MS = 1_000;

/** What was made of the folder, and the way to it. */
export function PublishedFolder(props: {
  published: FolderPublished;
  onNext: () => void;
}) {
  const { version, unchanged, uploadedBytes, deduplicatedBytes } =
    props.published;
  const { model, number } = version;
  const modelHref = useModelHref();
  const catalog = useApi(catalogApiRef);
  const page = useLoaded(`page of ${model}`, async (api, signal) => {
    const { slug } = await api.getModel(model, { signal });
    // The catalog hears of a first version a moment later.
    for (;;) {
      const { items } = await catalog.getEntitiesByRefs({
        entityRefs: [`model:default/${slug}`],
        fields: ['kind'],
      });
      if (items[0]) return slug;
      signal.throwIfAborted();
      await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  });
  return (
    <Flex direction="column" gap="3">
      <Text as="p" role="status" weight="bold">
        {unchanged
          ? `${model} is unchanged: version ${number} equals this folder.`
          : `Published ${model}, version ${number}.`}
      </Text>
      {!unchanged && (
        <Text as="p" color="secondary">
          {formatBytes(uploadedBytes)} sent
          {deduplicatedBytes > 0 &&
            `; ${formatBytes(deduplicatedBytes)} were there already`}
          . What serves is untouched, unless a deployment follows new versions.
        </Text>
      )}
      <Flex gap="2">
        {page.data ? (
          <ButtonLink
            variant="primary"
            href={`${modelHref(page.data, 'versions')}?version=${number}`}
          >
            See version {number}
          </ButtonLink>
        ) : (
          <Button variant="primary" isPending>
            See version {number}
          </Button>
        )}
        <Button variant="secondary" onPress={props.onNext}>
          Publish another folder
        </Button>
      </Flex>
    </Flex>
  );
}
