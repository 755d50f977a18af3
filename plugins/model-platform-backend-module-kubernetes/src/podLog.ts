import { setTimeout as sleep } from 'node:timers/promises';
import { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { KubernetesClient } from '@model-platform/model-cluster';
import { NotFoundError } from '@backstage/errors';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  LogOptions,
  logWarning,
  readLines,
  toLogLine,
} from '@model-platform/plugin-model-platform-node';
import { logMatcher } from './logMatcher';

const DEFAULT_TAIL = 100;
/** How soon what has not begun, or broke off, is looked for again while following, milliseconds; later the more often the cluster was asked in vain. */
const LOOK_AGAIN_MS = 500;
const MAX_LOOK_AGAIN_MS = 8_000;
/** What prepares a pod; a model's own container may write what it was called with. */
const STEPS = ['fetch', 'packages'];
const RUNNER = 'runner';

/** One line as the cluster keeps it. */
interface Written {
  /** RFC 3339 with nanoseconds: also what tells two lines apart. */
  at: string;
  text: string;
}

/**
 * The lines of a runner's pod: the last ones that are wanted, then those that
 * come, through its next starts, until it is gone. Those of a step before the
 * runner say which with `step`. Of a container that was started again what it
 * wrote before its end is there too, as long as the cluster keeps it. What
 * breaks off while it is followed is said, and read on from there.
 *
 * @param look - the pod as it is; undefined where it is gone
 */
export async function* podLog(
  client: KubernetesClient,
  look: () => V1Pod | undefined,
  options: LogOptions,
): AsyncIterable<LogLine> {
  const { tail = DEFAULT_TAIL, since, grep, follow, signal } = options;
  if (tail === 0 && !follow) return;
  const isWanted = grep ? logMatcher(grep) : () => true;
  /** When the last line of each container was written, of those that were read. */
  const seen = new Map<string, string>();
  /** How often each container had been started again when it was read last, and whether it had ended. */
  const known = new Map<string, { restarts: number; isEnded: boolean }>();

  /** How often the cluster was asked since the last line came. */
  let inVain = 0;

  async function* read(
    pod: V1Pod,
    { name, restartCount, state }: V1ContainerStatus,
    query: Record<string, string>,
  ): AsyncIterable<LogLine> {
    const { restarts = 0, isEnded = false } = known.get(name) ?? {};
    // Nothing comes any more until it is started again.
    if (isEnded && !state?.running && restarts === restartCount) return;
    const { name: podName = '', namespace = '' } = pod.metadata ?? {};
    const { follow: _, ...ended } = query;
    const parts = [
      ...(restartCount > restarts ? [{ ...ended, previous: 'true' }] : []),
      query,
    ];
    for (const part of parts) {
      const before = seen.get(name) ?? '';
      // To the second: the lines of it that were read already come again.
      const sinceTime =
        before.replace(/\.\d+Z$/, 'Z') || since?.toISOString() || '';
      inVain += 1;
      const source = await client.openLog(
        { namespace, pod: podName, container: name },
        { timestamps: 'true', sinceTime, ...part },
        signal,
      );
      for await (const line of linesOf(source)) {
        if (line.at <= before) continue;
        seen.set(name, line.at);
        inVain = 0;
        if (isWanted(line.text)) yield toLine(line, podName, name);
      }
    }
    known.set(name, { restarts: restartCount, isEnded: !state?.running });
  }

  const begun = look();
  let isBroken = false;
  let last: LogLine[] = [];
  // Of the lines that are wanted, which the cluster cannot tell; of none, where the log ends now.
  const amount: Record<string, string> =
    grep && tail > 0 ? {} : { tailLines: String(Math.max(tail, 1)) };
  for (const container of begun ? startedIn(begun) : []) {
    for await (const line of read(begun!, container, amount)) {
      if (tail > 0) last.push(line);
      if (last.length > 2 * tail) last = last.slice(-tail);
    }
  }
  yield* last.slice(-tail);
  while (follow && !signal?.aborted) {
    const pod = look();
    if (!pod) return;
    const before = inVain;
    try {
      for (const container of startedIn(pod)) {
        for await (const line of read(pod, container, { follow: 'true' })) {
          isBroken = false;
          yield line;
        }
      }
      const { phase } = pod.status ?? {};
      if (phase === 'Failed' || phase === 'Succeeded') return;
    } catch (error) {
      if (signal?.aborted || error instanceof NotFoundError) throw error;
      if (!isBroken) {
        const { name = '' } = pod.metadata ?? {};
        yield logWarning(name, 'The log of this runner broke off', error);
      }
      isBroken = true;
    }
    // Where the cluster was not asked, looking costs nothing.
    const waitMs =
      inVain > before
        ? Math.min(LOOK_AGAIN_MS * 2 ** Math.min(inVain, 10), MAX_LOOK_AGAIN_MS)
        : LOOK_AGAIN_MS;
    await sleep(waitMs, undefined, { signal }).catch(() => {});
  }
}

/** In the order that they start in. */
function startedIn({ status }: V1Pod): V1ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [] } = status ?? {};
  return [
    ...initContainerStatuses.filter(({ name }) => STEPS.includes(name)),
    ...containerStatuses.filter(({ name }) => name === RUNNER),
  ].filter(
    ({ state, lastState }) =>
      state?.running || state?.terminated || lastState?.terminated,
  );
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncIterable<Written> {
  for await (const line of readLines(source)) {
    // What the kubelet itself says of a log that it cannot read has no time.
    const [, at, text] = /^(\d{4}-\S+) (.*)$/s.exec(line) ?? [];
    if (at !== undefined) yield { at, text };
  }
}

function toLine(
  { at, text }: Written,
  pod: string,
  container: string,
): LogLine {
  const line = toLogLine(text, pod);
  return {
    ...line,
    at: line.at || at,
    ...(container === RUNNER ? {} : { step: container }),
  };
}
