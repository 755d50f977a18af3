import { useEffect, useRef } from 'react';
import { useApiHolder } from '@backstage/core-plugin-api';
import { signalApiRef } from '@backstage/plugin-signals-react';
import { SIGNALS_CHANNEL } from '@model-platform/plugin-model-platform-common';

/** What a signal can say that changed. @public */
export type Changed = 'models' | 'deployments';

/** Several changes at once, as of a rollout, are one. */
const QUIET_MS = 400;

/**
 * Calls `onChange` when the platform says that something changed. Without the
 * signals plugin it never does. @public
 */
export function useChanges(
  interests: readonly Changed[],
  onChange: () => void,
): void {
  const signals = useApiHolder().get(signalApiRef);
  const latest = useRef(onChange);
  latest.current = onChange;
  const wanted = interests.join(',');

  useEffect(() => {
    if (!signals || !wanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const { unsubscribe } = signals.subscribe<{ changed?: string }>(
      SIGNALS_CHANNEL,
      ({ changed }) => {
        if (changed && !wanted.split(',').includes(changed)) return;
        clearTimeout(timer);
        timer = setTimeout(() => latest.current(), QUIET_MS);
      },
    );
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [signals, wanted]);
}
