import { ReactNode, useState } from 'react';
import {
  Alert,
  Button,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  DialogTrigger,
  Flex,
  TextField,
} from '@backstage/ui';
import {
  messageOf,
  useAction,
} from '@model-platform/plugin-model-platform-react';

/** A button whose deed is confirmed first, beside what it will do, with a reason where a history keeps it. */
export function ConfirmDialog(props: {
  /** On the button that opens it. */
  opens: string;
  title: string;
  /** On the button that does it. */
  does: string;
  isDestructive?: boolean;
  variant?: 'primary' | 'secondary' | 'tertiary';
  isDisabled?: boolean;
  /** False where no history would keep one. */
  asksReason?: boolean;
  /** What will happen, in numbers; made only once it is open. */
  children: () => ReactNode;
  /** Each time, before it shows. */
  onOpen?: () => void;
  onConfirm: (reason: string | undefined) => Promise<void>;
}) {
  const { opens, title, does, isDestructive, children, onConfirm } = props;
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const action = useAction(() => onConfirm(reason.trim() || undefined));
  const change = (open: boolean) => {
    setOpen(open);
    if (open) {
      action.reset();
      setReason('');
      props.onOpen?.();
    }
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={change}>
      <Button
        size="small"
        variant={props.variant ?? 'secondary'}
        isDisabled={props.isDisabled}
      >
        {opens}
      </Button>
      <Dialog width={520}>
        <DialogHeader>{title}</DialogHeader>
        <DialogBody>
          <Flex direction="column" gap="3">
            {isOpen && children()}
            {props.asksReason !== false && (
              <TextField
                label="Reason"
                description="Kept in the history"
                value={reason}
                onChange={setReason}
              />
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
        </DialogBody>
        <DialogFooter>
          <Button
            variant="primary"
            destructive={isDestructive}
            isPending={action.isRunning}
            onPress={async () => {
              if (await action.run()) setOpen(false);
            }}
          >
            {does}
          </Button>
          <Button variant="secondary" slot="close">
            Cancel
          </Button>
        </DialogFooter>
      </Dialog>
    </DialogTrigger>
  );
}
