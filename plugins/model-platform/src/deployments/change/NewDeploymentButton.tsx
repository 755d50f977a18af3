import { useState } from 'react';
import { Combobox, DialogBody } from '@backstage/ui';
import {
  LoadState,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { DeploymentDialog } from './DeploymentDialog';
import { NewDeployment } from './NewDeployment';

/** Gives a model that is chosen first an endpoint. */
export function NewDeploymentButton(props: { onApplied: () => void }) {
  return (
    <DeploymentDialog
      opens="New deployment"
      title="New deployment"
      variant="primary"
    >
      {close => (
        <Chosen
          onApplied={() => {
            close();
            props.onApplied();
          }}
        />
      )}
    </DeploymentDialog>
  );
}

const MOST_MODELS = 20;

function Chosen(props: { onApplied: () => void }) {
  const [typed, setTyped] = useState('');
  const [slug, setSlug] = useState<string>();
  const models = useLoaded(
    `models to deploy ${typed}`,
    (api, signal) =>
      api.listModels({ q: typed || undefined, limit: MOST_MODELS }, { signal }),
    { keep: true },
  );
  return (
    <>
      <DialogBody>
        <LoadState loaded={models} what="the models">
          {({ items }) => (
            <Combobox
              label="Model"
              options={items.map(({ slug: id, name }) => ({ id, label: name }))}
              inputValue={typed}
              onInputChange={setTyped}
              selectedKey={slug}
              onSelectionChange={key =>
                setSlug(key === null ? undefined : String(key))
              }
            />
          )}
        </LoadState>
      </DialogBody>
      {slug && (
        <NewDeployment key={slug} slug={slug} onApplied={props.onApplied} />
      )}
    </>
  );
}
