import { useNavigate } from 'react-router-dom';
import { Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  formatCounted,
  LoadState,
  modelPlatformApiRef,
  Section,
  useLoaded,
  useModel,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';

const ARCHIVED_MODELS = '/model-platform/models?archived=true';

/** Takes a whole model out of the lists, the first step to deleting it. */
export function ArchiveModel({ slug }: { slug: string }) {
  const api = useApi(modelPlatformApiRef);
  const navigate = useNavigate();
  const model = useModel(slug).data;
  if (!model?.actions?.archive || model.archivedAt) return null;
  return (
    <Section
      title="Retire the model"
      hint="Archived models stand under Models, Archived models; there they are restored, or deleted for good."
    >
      <ConfirmDialog
        opens="Archive the model"
        isDestructive
        title={`Archive ${model.name}?`}
        does={`Archive ${model.name}`}
        onConfirm={async reason => {
          await api.archiveModel(slug, { ifMatch: model.etag, reason });
          navigate(`${ARCHIVED_MODELS}&q=${encodeURIComponent(model.name)}`);
        }}
      >
        {() => <ArchiveEffect slug={slug} />}
      </ConfirmDialog>
    </Section>
  );
}

function ArchiveEffect({ slug }: { slug: string }) {
  const deployments = useLoaded(`deployments of ${slug}`, (api, signal) =>
    api.listDeployments({ model: slug }, { signal }),
  );
  return (
    <>
      <Text as="p">
        It leaves the lists, the catalog and the search, and gets no new
        version, alias or deployment. It can be restored.
      </Text>
      <LoadState loaded={deployments} what="what serves it">
        {({ items }) => {
          const serving = items.filter(({ off }) => !off);
          return (
            <Text as="p">
              {serving.length === 0
                ? 'Nothing serves it.'
                : `${formatCounted(
                    serving.length,
                    'deployment',
                  )} that serve it go on: ${serving
                    .map(({ name }) => name)
                    .join(', ')}.`}
            </Text>
          );
        }}
      </LoadState>
    </>
  );
}
