import { useEffect, useState } from 'react';
import { Button } from '@backstage/ui';
import { RiCheckLine, RiFileCopyLine } from '@remixicon/react';

interface CopyButtonProps {
  text: string;
  /** What is copied, for the button's name: `Copy <label>`. */
  label: string;
}

/** Copies a text and says so. @public */
export function CopyButton({ text, label }: CopyButtonProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <Button
      size="small"
      variant="secondary"
      aria-label={isCopied ? `Copied ${label}` : `Copy ${label}`}
      iconStart={isCopied ? <RiCheckLine /> : <RiFileCopyLine />}
      onPress={async () => {
        await navigator.clipboard.writeText(text);
        setCopied(true);
      }}
    >
      {isCopied ? 'Copied' : 'Copy'}
    </Button>
  );
}
