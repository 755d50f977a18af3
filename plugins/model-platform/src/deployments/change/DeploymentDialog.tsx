import { ReactNode, useState } from 'react';
import { Button, Dialog, DialogHeader, DialogTrigger } from '@backstage/ui';

/** A button, and a dialog as wide as a deployment's document needs. */
export function DeploymentDialog(props: {
  /** On the button that opens it. */
  opens: string;
  title: string;
  variant?: 'primary' | 'secondary';
  /** Made anew each time it is opened. */
  children: (close: () => void) => ReactNode;
}) {
  const { opens, title, variant = 'secondary', children } = props;
  const [isOpen, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <Button size="small" variant={variant}>
        {opens}
      </Button>
      {/* A click beside it shall not throw away what was written. */}
      <Dialog width={760} isDismissable={false} isKeyboardDismissDisabled>
        <DialogHeader>{title}</DialogHeader>
        {isOpen && children(() => setOpen(false))}
      </Dialog>
    </DialogTrigger>
  );
}
