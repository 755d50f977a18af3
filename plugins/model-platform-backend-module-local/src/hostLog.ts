import { setTimeout as sleep } from 'node:timers/promises';
import { NotFoundError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  LogOptions,
  logWarning,
  readJsonLines,
} from '@model-platform/plugin-model-platform-node';
import { HostClient } from './HostClient';

const LOOK_AGAIN_MS = 1_000;
/** As many as the host answers. */
const MAX_TAIL = 10_000;

/**
 * The lines of a runner's log, as the host has it. What breaks off while it is
 * followed, as when the host is started again, is said, and read on from there.
 *
 * @throws NotFoundError where the host has no log of it
 */
export async function* hostLog(
  host: Pick<HostClient, 'logs'>,
  runner: string,
  options: LogOptions,
): AsyncIterable<LogLine> {
  const { follow, signal, since } = options;
  let wanted = options;
  /** The time that what was read reaches to, milliseconds since 1970; times still to come are what a model's code made up. */
  let reached = Math.max(Date.now(), since?.getTime() ?? 0);
  /** Lines of that very millisecond. */
  let count = 0;
  let isBegun = false;
  let isBroken = false;
  for (;;) {
    try {
      const body = await host.logs(runner, wanted);
      if (!body) {
        throw new NotFoundError(`There are no logs of the runner ${runner}`);
      }
      isBegun = true;
      const begin = reached;
      let again = count;
      for await (const line of readJsonLines(body, runner)) {
        const at = Date.parse(line.at);
        if (again > 0 && at === begin) {
          again -= 1;
          continue;
        }
        if (at === reached) count += 1;
        if (at > reached && at <= Date.now()) {
          reached = at;
          count = 1;
        }
        isBroken = false;
        yield line;
      }
      return;
    } catch (error) {
      const isOver = signal?.aborted || error instanceof NotFoundError;
      if (!follow || !isBegun || isOver) throw error;
      if (!isBroken) {
        yield logWarning(runner, 'The log of this runner broke off', error);
      }
      isBroken = true;
      wanted = { ...options, tail: MAX_TAIL, since: new Date(reached) };
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }
}
