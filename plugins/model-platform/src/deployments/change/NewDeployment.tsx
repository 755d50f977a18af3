import { DialogBody, Text } from '@backstage/ui';
import {
  LoadState,
  nameOfRef,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { DeploymentForm } from './DeploymentForm';
import { newDeployment } from './newDeployment';

/** A first document for a model, to be changed, tried and applied; for who may. */
export function NewDeployment(props: { slug: string; onApplied: () => void }) {
  const { slug, onApplied } = props;
  const draft = useLoaded(`new deployment of ${slug}`, async (api, signal) => {
    const model = await api.getModel(slug, { signal });
    return { model, text: await newDeployment(api, model, signal) };
  });
  if (!draft.data) {
    return (
      <DialogBody>
        <LoadState loaded={draft} what={slug}>
          {() => null}
        </LoadState>
      </DialogBody>
    );
  }
  const { model, text } = draft.data;
  if (model.actions?.deploy === false) {
    return (
      <DialogBody>
        <Text as="p">
          You may not deploy {model.name}; {nameOfRef(model.owner)} may, which
          owns it.
        </Text>
      </DialogBody>
    );
  }
  return <DeploymentForm text={text} does="Deploy" onApplied={onApplied} />;
}
