import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { ForwardedError, isError } from '@backstage/errors';
import { useSignal } from '@backstage/plugin-signals-react';
import { SIGNALS_CHANNEL } from '@model-platform/plugin-model-platform-common';
import { ModelPlatformApi } from '../api/ModelPlatformApi';
import { modelPlatformApiRef } from '../api/modelPlatformApiRef';
import { LoadState } from './LoadState';

/** @public */
export interface UseModelPlatformOptions {
  /** Read again when the platform says that these changed. */
  refetchOn?: Array<'models' | 'deployments'>;
  /** Read again after this long, as long as the page is visible. */
  pollMs?: number;
  /** Show the answer to the question before while this one is read; for search as you type. */
  keepPrevious?: boolean;
}

interface Loaded<T> {
  key: string;
  value?: T;
  error?: Error;
}

/**
 * Reads from the control plane and keeps the answer current. `key` names the
 * question: another key aborts what is under way and reads anew. @public
 */
export function useModelPlatform<T>(
  key: string,
  load: (client: ModelPlatformApi, signal: AbortSignal) => Promise<T>,
  options: UseModelPlatformOptions = {},
): LoadState<T> {
  const client = useApi(modelPlatformApiRef);
  const [loaded, setLoaded] = useState<Loaded<T>>();
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound(current => current + 1), []);
  const loadRef = useRef(load);
  loadRef.current = load;

  useEffect(() => {
    const controller = new AbortController();
    const run = async () => {
      try {
        const value = await loadRef.current(client, controller.signal);
        if (!controller.signal.aborted) setLoaded({ key, value });
      } catch (cause) {
        if (controller.signal.aborted) return;
        const error = isError(cause)
          ? cause
          : new ForwardedError('Reading failed', cause);
        setLoaded(before => ({
          key,
          error,
          value: before?.key === key ? before.value : undefined,
        }));
      }
    };
    run();
    return () => controller.abort();
  }, [client, key, round]);

  const { refetchOn, pollMs, keepPrevious } = options;
  const { lastSignal } = useSignal<{ changed: string }>(SIGNALS_CHANNEL);
  const wanted = (refetchOn ?? []).join();
  useEffect(() => {
    if (lastSignal && wanted.split(',').includes(lastSignal.changed)) reload();
  }, [lastSignal, wanted, reload]);

  useEffect(() => {
    if (!pollMs) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') reload();
    }, pollMs);
    return () => clearInterval(timer);
  }, [pollMs, reload]);

  const isCurrent = loaded?.key === key;
  const shown = isCurrent || keepPrevious ? loaded : undefined;
  return {
    value: shown?.value,
    error: isCurrent ? loaded.error : undefined,
    isLoading: !isCurrent && shown?.value === undefined,
    isStale: !isCurrent && shown?.value !== undefined,
    reload,
  };
}
