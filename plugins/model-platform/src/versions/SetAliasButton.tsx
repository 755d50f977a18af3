import { useApi } from '@backstage/frontend-plugin-api';
import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { ApprovalNeeded } from './ApprovalNeeded';
import { AliasEffect } from './AliasEffect';

const ALIAS = 'champion';

/** Makes a version the champion, after saying what follows it. */
export function SetAliasButton(props: {
  model: Model;
  version: ModelVersion;
  onChanged: () => void;
}) {
  const { model, version, onChanged } = props;
  const api = useApi(modelPlatformApiRef);
  const now = model.aliases[ALIAS];
  if (now === version.number) return null;
  return (
    <ConfirmDialog
      opens="Make champion"
      variant="primary"
      title={`Make version ${version.number} the champion of ${model.name}?`}
      does={`Make v${version.number} champion`}
      onConfirm={async reason => {
        await api.setAlias(model.slug, ALIAS, {
          version: version.number,
          reason,
          // Somebody else may have moved it since this page was loaded.
          expected: now ?? null,
        });
        onChanged();
      }}
    >
      {() => (
        <>
          <ApprovalNeeded
            slug={model.slug}
            version={version.number}
            alias={ALIAS}
          />
          <AliasEffect model={model} alias={ALIAS} to={version.number} />
        </>
      )}
    </ConfirmDialog>
  );
}
