import { useCallback, useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { readLogStream } from './readLogStream';

/** Lines kept in the page; older ones are dropped as new ones come. */
const MOST_LINES = 2000;
const TAIL = 500;
/** New lines are shown together, so that a chatty runner doesn't stall the page. */
const SHOW_EVERY_MS = 200;

interface State {
  lines?: LogLine[];
  /** Runners that have lines, also stopped and crashed ones. */
  sources: string[];
  error?: Error;
  /** The stream ended by itself while it should have followed. */
  hasEnded: boolean;
}

export interface Logs extends State {
  reload: () => void;
}

/**
 * The last lines of a deployment's runners, and with `follow` those that come.
 *
 * @param grep - only lines with this, of all that are kept
 */
export function useLogs(
  deployment: string,
  { runner, grep, follow }: { runner?: string; grep?: string; follow: boolean },
): Logs {
  const api = useApi(modelPlatformApiRef);
  const [state, setState] = useState<State>({ sources: [], hasEnded: false });
  const [round, setRound] = useState(0);
  const reload = useCallback(() => setRound(number => number + 1), []);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let waiting: LogLine[] = [];
    const show = () => {
      if (signal.aborted || waiting.length === 0) return;
      const fresh = waiting;
      waiting = [];
      setState(before => ({
        ...before,
        lines: [...(before.lines ?? []), ...fresh].slice(-MOST_LINES),
      }));
    };
    const timer = follow ? setInterval(show, SHOW_EVERY_MS) : undefined;

    const read = async () => {
      const query = { tail: TAIL, runner, grep };
      try {
        const { items, sources } = await api.getLogs(deployment, query, {
          signal,
        });
        if (signal.aborted) return;
        setState({ lines: items, sources, hasEnded: false });
        if (!follow) return;
        // What came between the two calls must not be lost, nor shown twice.
        const shown = new Set(items.map(identityOf));
        // The stream begins with as many lines of each runner: those before the shown ones are no news.
        const from = items.length < TAIL ? '' : items[0].at;
        const stream = await api.followLogs(deployment, query, { signal });
        for await (const line of readLogStream(stream)) {
          if (!shown.delete(identityOf(line)) && line.at >= from)
            waiting.push(line);
        }
        show();
        if (!signal.aborted)
          setState(before => ({ ...before, hasEnded: true }));
      } catch (error) {
        if (signal.aborted) return;
        show();
        setState(before => ({
          ...before,
          error: error instanceof Error ? error : new Error(String(error)),
        }));
      }
    };
    read();
    return () => {
      controller.abort();
      clearInterval(timer);
    };
  }, [api, deployment, runner, grep, follow, round]);

  return { ...state, reload };
}

function identityOf(line: LogLine): string {
  return JSON.stringify([line.at, line.runner, line.message, line.requestId]);
}
