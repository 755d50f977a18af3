import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '@backstage/core-plugin-api';
import { ModelPlatformApi, modelPlatformApiRef } from '../api';
import { Changed, useChanges } from './useChanges';

/** Of a change nobody hears whose connection was away at that moment, or not there yet. */
const UNTOLD_MS = 30_000;

/** @public */
export interface Loaded<T> {
  /** The newest answer; kept while it is asked for again, and when that fails. */
  data?: T;
  /** Of the last try. */
  error?: Error;
  /** Nothing to show yet. */
  isLoading: boolean;
  /** `data` answers an earlier question, as while a filter changes. */
  isStale: boolean;
  reload: () => void;
}

/** @public */
export interface LoadOptions {
  /** Ask again when one of these changed. */
  on?: readonly Changed[];
  /** Ask again this often while the page is visible, in milliseconds; with `on` every half a minute where absent. */
  everyMs?: number;
  /** Show the answer to the former key until the new one is there. */
  keep?: boolean;
  /** Do not ask at all. */
  skip?: boolean;
}

interface State<T> {
  key: string;
  data?: T;
  error?: Error;
}

/**
 * Loads what `load` gives, again whenever `key` changes, and drops answers
 * that nobody waits for any more. @public
 */
export function useLoaded<T>(
  key: string,
  load: (api: ModelPlatformApi, signal: AbortSignal) => Promise<T>,
  options: LoadOptions = {},
): Loaded<T> {
  const { on = [], keep = false, skip = false } = options;
  const { everyMs = on.length > 0 ? UNTOLD_MS : undefined } = options;
  const api = useApi(modelPlatformApiRef);
  const latestLoad = useRef(load);
  latestLoad.current = load;
  const [state, setState] = useState<State<T>>({ key });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound(number => number + 1), []);
  /** A question is under way, and whether it is asked once more after it: an answer may take longer than a change does. */
  const pending = useRef(false);
  const again = useRef(false);

  useEffect(() => {
    if (skip) return undefined;
    const controller = new AbortController();
    pending.current = true;
    again.current = false;
    const settle = () => {
      pending.current = false;
      if (again.current) reload();
    };
    latestLoad.current(api, controller.signal).then(
      data => {
        if (controller.signal.aborted) return;
        setState({ key, data });
        settle();
      },
      error => {
        if (controller.signal.aborted) return;
        setState(before => ({
          key,
          data: before.key === key ? before.data : undefined,
          error: error instanceof Error ? error : new Error(String(error)),
        }));
        settle();
      },
    );
    return () => {
      controller.abort();
      pending.current = false;
    };
  }, [api, key, reload, round, skip]);

  useChanges(on, () => {
    if (pending.current) again.current = true;
    else reload();
  });

  useEffect(() => {
    if (!everyMs || skip) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !pending.current) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload, skip]);

  const current = state.key === key;
  const data = current || keep ? state.data : undefined;
  const error = current ? state.error : undefined;
  return {
    data,
    error,
    isLoading: !skip && data === undefined && error === undefined,
    isStale: !current && data !== undefined,
    reload,
  };
}
