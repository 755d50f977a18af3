import { useState } from 'react';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  DialogTrigger,
  Flex,
  Text,
  TextField,
} from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { Model } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  messageOf,
  modelPlatformApiRef,
  nameOfRef,
  TimeAgo,
  useAction,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';

/** What can be done with an archived model: restore it, or delete it for good. */
export function ArchivedModelButton(props: {
  model: Model;
  onChanged: () => void;
}) {
  const { model, onChanged } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button size="small" variant="secondary">
        Archived: restore or delete…
      </Button>
      <Dialog width={560}>
        <DialogHeader>{model.name} is archived</DialogHeader>
        {isOpen && (
          <RestoreOrDelete
            model={model}
            onDone={() => {
              setOpen(false);
              onChanged();
            }}
          />
        )}
      </Dialog>
    </DialogTrigger>
  );
}

function RestoreOrDelete(props: { model: Model; onDone: () => void }) {
  const { model, onDone } = props;
  const { slug, name, owner } = model;
  const api = useApi(modelPlatformApiRef);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  // A list does not say what one may do.
  const loaded = useLoaded(`archived ${slug}`, (requests, signal) =>
    requests.getModel(slug, { signal }),
  );
  const { archive: mayRestore, delete: mayDelete } = loaded.data?.actions ?? {};
  const because = reason.trim() || undefined;
  const action = useAction(async (what: 'restore' | 'delete') => {
    if (what === 'restore') {
      await api.updateModel(slug, { archived: false, reason: because });
    } else {
      await api.deleteModel(slug, {
        ifMatch: loaded.data?.etag,
        reason: because,
      });
    }
    onDone();
  });
  return (
    <>
      <DialogBody>
        <LoadState loaded={loaded} what={name}>
          {({ archivedAt }) => (
            <Flex direction="column" gap="3">
              <Text as="p">
                Archived <TimeAgo at={archivedAt} />. It is in no list and gets
                no new deployment; what serves goes on serving.
              </Text>
              {!mayRestore && !mayDelete && (
                <Text as="p">
                  You may neither restore nor delete it; {nameOfRef(owner)} owns
                  it and can give these rights.
                </Text>
              )}
              {(mayRestore || mayDelete) && (
                <TextField
                  label="Reason"
                  description="Kept in the history"
                  value={reason}
                  onChange={setReason}
                />
              )}
              {mayDelete && (
                <>
                  <Text as="p">
                    Deleting removes all versions with their files, and cannot
                    be undone. It is refused while a deployment that is on
                    serves one of them. The history stays, and the name is free
                    again.
                  </Text>
                  <TextField
                    label={`To delete it for good, type its name: ${name}`}
                    value={typed}
                    onChange={setTyped}
                    autoComplete="off"
                  />
                </>
              )}
              {action.error && (
                <Alert
                  status="danger"
                  icon
                  role="alert"
                  title="It was not done"
                  description={messageOf(action.error)}
                />
              )}
            </Flex>
          )}
        </LoadState>
      </DialogBody>
      <DialogFooter>
        {mayRestore && (
          <Button
            variant="primary"
            isPending={action.isRunning}
            onPress={() => action.run('restore')}
          >
            Restore
          </Button>
        )}
        {mayDelete && (
          <Button
            variant="primary"
            destructive
            isPending={action.isRunning}
            isDisabled={typed !== name}
            onPress={() => action.run('delete')}
          >
            Delete {name} for good
          </Button>
        )}
        <Button variant="secondary" slot="close">
          Cancel
        </Button>
      </DialogFooter>
    </>
  );
}
