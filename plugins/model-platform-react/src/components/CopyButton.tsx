import { useEffect, useState } from 'react';
import { ButtonIcon } from '@backstage/ui';
import { RiCheckLine, RiFileCopyLine } from '@remixicon/react';

/** Copies a text; says so for a moment. @public */
export function CopyButton(props: { text: string; label: string }) {
  const { text, label } = props;
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return undefined;
    const timer = setTimeout(() => setState('idle'), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const said = {
    idle: label,
    copied: 'Copied',
    failed: 'The browser does not allow copying',
  }[state];
  return (
    <ButtonIcon
      aria-label={said}
      size="small"
      variant="tertiary"
      icon={state === 'copied' ? <RiCheckLine /> : <RiFileCopyLine />}
      onPress={async () => {
        try {
          await navigator.clipboard.writeText(text);
          setState('copied');
        } catch {
          setState('failed');
        }
      }}
    />
  );
}
