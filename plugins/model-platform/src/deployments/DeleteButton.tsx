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
import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  messageOf,
  modelPlatformApiRef,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { isConflict } from './isConflict';
import { isDeclared } from './isDeclared';
import { LocationLink } from './LocationLink';
import { TrafficNow } from './TrafficNow';

/** Ends a deployment for good, after its name was typed; where Git declares it, says where it is removed. */
export function DeleteButton(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button size="small" variant="secondary">
        Delete
      </Button>
      <Dialog width={560}>
        <DialogHeader>Delete {deployment.name}?</DialogHeader>
        {isOpen && (
          <Deletion
            deployment={deployment}
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

function Deletion(props: { deployment: Deployment; onDone: () => void }) {
  const { onDone } = props;
  const api = useApi(modelPlatformApiRef);
  // As it was when it was opened: what others did meanwhile is not ended unseen.
  const [deployment, setDeployment] = useState(props.deployment);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const action = useAction((step: () => Promise<void>) => step());
  const { name, source, etag, runners } = deployment;
  const remove = async () => {
    await api.deleteDeployment(name, {
      ifMatch: etag,
      reason: reason.trim() || undefined,
    });
    onDone();
  };
  const reload = async () => {
    setDeployment(await api.getDeployment(name));
    setTyped('');
  };
  const isInGit = isDeclared(deployment);
  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="3">
          {isInGit ? (
            <Alert
              status="info"
              icon
              title="It is declared in Git, and removed there"
              description={
                <Text>
                  In <LocationLink location={source} />. Once its file is gone
                  it goes on serving, until it is deleted here or its source is
                  pruned.
                </Text>
              }
            />
          ) : (
            <>
              <TrafficNow deployment={deployment} />
              <Text as="p">
                From then on <strong>every call is answered with 404</strong>,
                and its tokens are good no longer.{' '}
                {runners.length === 1 &&
                  'Its runner ends after the requests it has. '}
                {runners.length > 1 &&
                  `Its ${runners.length} runners end after the requests they have. `}
                It cannot be undone; to stop it for a while, switch it off.
              </Text>
              <Text as="p">
                The model and its versions stay. The history is kept: a
                deployment of this name for the same model goes on with it.
              </Text>
              <TextField
                label="Reason"
                description="Kept in the history"
                value={reason}
                onChange={setReason}
              />
              <TextField
                label={`To delete it, type its name: ${name}`}
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
              customActions={
                isConflict(action.error) && (
                  <Button
                    size="small"
                    variant="secondary"
                    onPress={() => action.run(reload)}
                  >
                    Load what is there now
                  </Button>
                )
              }
            />
          )}
        </Flex>
      </DialogBody>
      <DialogFooter>
        {!isInGit && (
          <Button
            variant="primary"
            destructive
            isPending={action.isRunning}
            isDisabled={typed !== name}
            onPress={() => action.run(remove)}
          >
            Delete {name}
          </Button>
        )}
        <Button variant="secondary" slot="close">
          Cancel
        </Button>
      </DialogFooter>
    </>
  );
}
