import { useState } from 'react';
import { Combobox, DialogBody, Flex } from '@backstage/ui';
import {
  LoadState,
  useDebounced,
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
const TYPING_MS = 250;

function Chosen(props: { onApplied: () => void }) {
  const [typed, setTyped] = useState('');
  const [slug, setSlug] = useState<string>();
  const q = useDebounced(typed.trim(), TYPING_MS);
  const models = useLoaded(
    `models to deploy ${q}`,
    (api, signal) =>
      api.listModels({ q: q || undefined, limit: MOST_MODELS }, { signal }),
    { keep: true },
  );
  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="3">
          <Combobox
            label="Model"
            options={(models.data?.items ?? []).map(({ slug: id, name }) => ({
              id,
              label: name,
            }))}
            inputValue={typed}
            onInputChange={setTyped}
            onSelectionChange={key => {
              // What was written for a model stays until another one is chosen.
              if (key !== null) setSlug(String(key));
            }}
          />
          <LoadState loaded={models} what="the models">
            {() => null}
          </LoadState>
        </Flex>
      </DialogBody>
      {slug && (
        <NewDeployment key={slug} slug={slug} onApplied={props.onApplied} />
      )}
    </>
  );
}
