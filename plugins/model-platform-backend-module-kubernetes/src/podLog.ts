import { KubernetesClient } from '@model-platform/model-cluster';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import {
  LogOptions,
  readLines,
  toLogLine,
} from '@model-platform/plugin-model-platform-node';
import { logMatcher } from './logMatcher';

const DEFAULT_TAIL = 100;

/** One line as the cluster keeps it. */
interface Written {
  /** RFC 3339 with nanoseconds: also what tells two lines apart. */
  at: string;
  text: string;
}

/** The lines of a runner's container: the last ones that are wanted, then those that come. */
export async function* podLog(
  client: KubernetesClient,
  where: { namespace: string; pod: string },
  options: LogOptions,
): AsyncIterable<LogLine> {
  const { tail = DEFAULT_TAIL, since, grep, follow, signal } = options;
  const isWanted = grep ? logMatcher(grep) : () => true;
  const container = { ...where, container: 'runner' };
  const begin = since ? { sinceTime: since.toISOString() } : undefined;
  let seen = '';
  let last: Written[] = [];
  const history = await client.openLog(
    container,
    {
      timestamps: 'true',
      ...begin,
      // Of the lines that are wanted, which the cluster cannot tell.
      ...(grep ? {} : { tailLines: String(tail) }),
    },
    signal,
  );
  for await (const line of linesOf(history)) {
    seen = line.at;
    if (isWanted(line.text)) last.push(line);
    if (last.length > 2 * tail) last = last.slice(-tail);
  }
  for (const line of tail > 0 ? last.slice(-tail) : []) {
    yield toLine(line, where.pod);
  }
  if (!follow) return;
  const rest = await client.openLog(
    container,
    {
      timestamps: 'true',
      follow: 'true',
      // To the second: the lines of it that were read already come again.
      ...(seen ? { sinceTime: seen.replace(/\.\d+Z$/, 'Z') } : begin),
    },
    signal,
  );
  for await (const line of linesOf(rest)) {
    if (line.at > seen && isWanted(line.text)) yield toLine(line, where.pod);
  }
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncIterable<Written> {
  for await (const line of readLines(source)) {
    const end = line.indexOf(' ');
    if (end > 0) yield { at: line.slice(0, end), text: line.slice(end + 1) };
  }
}

function toLine({ at, text }: Written, pod: string): LogLine {
  const line = toLogLine(text, pod);
  return line.at ? line : { ...line, at };
}
