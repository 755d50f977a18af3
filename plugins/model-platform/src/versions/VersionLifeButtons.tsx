import { Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';

/** Archives, restores, deletes; what the reader may do and the version's state allows. */
export function VersionLifeButtons(props: {
  model: Model;
  version: ModelVersion;
  onChanged: () => void;
  onDeleted: () => void;
}) {
  const { model, version, onChanged, onDeleted } = props;
  const api = useApi(modelPlatformApiRef);
  const { number, status, aliases } = version;
  const { archive, delete: mayDelete } = model.actions ?? {};
  return (
    <>
      {archive && status === 'ready' && aliases.length === 0 && (
        <ConfirmDialog
          opens="Archive"
          title={`Archive version ${number} of ${model.name}?`}
          does={`Archive v${number}`}
          onConfirm={async reason => {
            await api.archiveVersion(model.slug, number, { reason });
            onChanged();
          }}
        >
          {() => (
            <Text as="p">
              It can be deployed no more and gets no alias. What serves it goes
              on serving it. It can be restored.
            </Text>
          )}
        </ConfirmDialog>
      )}
      {archive && status === 'archived' && (
        <ConfirmDialog
          opens="Restore"
          title={`Restore version ${number} of ${model.name}?`}
          does={`Restore v${number}`}
          onConfirm={async reason => {
            await api.restoreVersion(model.slug, number, { reason });
            onChanged();
          }}
        >
          {() => <Text as="p">It is ready again, as it was.</Text>}
        </ConfirmDialog>
      )}
      {mayDelete && status === 'archived' && (
        <ConfirmDialog
          opens="Delete"
          isDestructive
          title={`Delete version ${number} of ${model.name} for good?`}
          does={`Delete v${number} for good`}
          onConfirm={async reason => {
            await api.deleteVersion(model.slug, number, { reason });
            onDeleted();
          }}
        >
          {() => (
            <Text as="p">
              Its files are removed and cannot be brought back. Its number is
              never used again; the history says that it was there. It is
              refused while a deployment that is on serves it.
            </Text>
          )}
        </ConfirmDialog>
      )}
    </>
  );
}
