import { InferenceSession, Tensor } from 'onnxruntime-node';
import { NumberArray } from '../../openInference/numberArrays';
import { Batching, Call } from '../Flavor';
import { isTypedArray, tensorOf } from './onnxTypes';

/** What is read of a tensor that the model answers. */
export type ResultTensor = Pick<Tensor, 'type' | 'data' | 'dims'>;
export type Results = Record<string, ResultTensor>;
type Feeds = Record<string, Tensor>;

interface Waiting {
  feeds: Feeds;
  rows: number;
  bytes: number;
  /** Only runs of one kind can be joined. */
  kind: string;
  call: Call;
  since: number;
  resolve(results: Results): void;
  reject(error: unknown): void;
}

const pause = (ms: number) => new Promise(done => setTimeout(done, ms));

/**
 * Runs of a model whose tensors have one row a line. A run begins at once where
 * none is going on; those that wait meanwhile are joined to the next one.
 */
export class JoinedRuns {
  private readonly waiting: Waiting[] = [];
  private isWorking = false;
  private wasJoined = false;
  private isJoining: boolean;

  constructor(
    private readonly session: Pick<InferenceSession, 'run'>,
    private readonly batching: Batching,
    { isFree }: { isFree: boolean },
  ) {
    this.isJoining = isFree && batching.maxRows > 1;
    batching.countWaiting(() => this.waiting.length);
  }

  /** Rejects with what the engine says of these feeds; those of others never make it fail. */
  async run(feeds: Feeds, call: Call): Promise<Results> {
    const tensors = Object.values(feeds);
    const rows = tensors[0]?.dims[0] ?? 1;
    const canJoin =
      this.isJoining &&
      tensors.length > 0 &&
      tensors.every(({ dims }) => dims[0] === rows);
    if (!canJoin) return await this.runAlone(feeds, rows);
    const kind = tensors
      .map(({ type, dims }) => `${type} ${dims.slice(1)}`)
      .join();
    return await new Promise((resolve, reject) => {
      const since = performance.now();
      const bytes = tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
      this.waiting.push({
        ...{ feeds, rows, bytes, kind, call, since },
        ...{ resolve, reject },
      });
      if (!this.isWorking) void this.work();
    });
  }

  private async work() {
    this.isWorking = true;
    while (this.waiting.length > 0) {
      const { maxDelayMs } = this.batching;
      if (maxDelayMs > 0 && this.wasJoined) await pause(maxDelayMs);
      this.dropGone();
      if (this.waiting.length === 0) break;
      const calls = this.take();
      this.wasJoined = calls.length > 1;
      const begin = performance.now();
      for (const { call, since } of calls) call.waitedMs = begin - since;
      await this.answer(calls);
    }
    this.isWorking = false;
  }

  /** For callers who left while they waited, nothing is run. */
  private dropGone() {
    const all = this.waiting.splice(0);
    for (const one of all)
      if (one.call.isGone) one.reject(new Error('The caller is gone.'));
      else this.waiting.push(one);
  }

  /** As many as go together, one at least. */
  private take(): Waiting[] {
    const [first] = this.waiting;
    const { maxRows, maxBytes } = this.batching;
    let { rows, bytes } = first;
    let count = 1;
    for (; count < this.waiting.length; count += 1) {
      const next = this.waiting[count];
      rows += next.rows;
      bytes += next.bytes;
      if (next.kind !== first.kind || rows > maxRows || bytes > maxBytes) break;
    }
    return this.waiting.splice(0, count);
  }

  private async answer(calls: Waiting[]) {
    if (calls.length > 1 && this.isJoining) {
      const answers = await this.runJoined(calls).catch(() => undefined);
      if (answers) {
        calls.forEach(({ resolve }, index) => resolve(answers[index]));
        return;
      }
    }
    // Which of them it was is told to that one alone.
    for (const { feeds, rows, resolve, reject } of calls)
      await this.runAlone(feeds, rows).then(resolve, reject);
  }

  private async runAlone(feeds: Feeds, rows: number): Promise<Results> {
    const results = await this.session.run(feeds);
    this.batching.observe(rows);
    return results as Record<string, Tensor>;
  }

  private async runJoined(calls: Waiting[]): Promise<Results[] | undefined> {
    const rows = calls.reduce((sum, call) => sum + call.rows, 0);
    const names = Object.keys(calls[0].feeds);
    const results = (await this.session.run(
      Object.fromEntries(
        names.map(name => [name, join(calls.map(({ feeds }) => feeds[name]))]),
      ),
    )) as Record<string, Tensor>;
    this.batching.observe(rows);
    if (Object.values(results).some(({ dims }) => dims[0] !== rows)) {
      // Its answer is not one of lines: no two calls of it go together.
      this.isJoining = false;
      return undefined;
    }
    let begin = 0;
    return calls.map(call => {
      const from = begin;
      begin += call.rows;
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name,
          part(tensor, from, begin),
        ]),
      );
    });
  }
}

/** Of its values; of texts, about as many. */
function bytesOf({ data }: Tensor): number {
  return Array.isArray(data)
    ? data.reduce((sum, text) => sum + String(text).length, 0)
    : (data as NumberArray).byteLength;
}

/** One below the other; they are of one type, and differ in their rows alone. */
function join(tensors: Tensor[]): Tensor {
  const [{ type, dims }] = tensors;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.dims[0], 0);
  const shape = [rows, ...dims.slice(1)];
  const data = tensors.map(tensor => tensor.data as NumberArray | string[]);
  if (!data.every(isTypedArray))
    return new Tensor('string', data.flat() as string[], shape);
  const size = data.reduce((sum, { length }) => sum + length, 0);
  const Type = data[0].constructor as new (length: number) => NumberArray;
  const all = new Type(size);
  let at = 0;
  for (const values of data) {
    // All are of one type, which no type says.
    all.set(values as never, at);
    at += values.length;
  }
  return tensorOf(type, all, shape);
}

/** Some of its rows, without a copy. */
function part(tensor: Tensor, from: number, to: number): ResultTensor {
  const { type, data, dims } = tensor;
  const step = data.length / dims[0];
  return {
    type,
    dims: [to - from, ...dims.slice(1)],
    data: Array.isArray(data)
      ? data.slice(from * step, to * step)
      : data.subarray(from * step, to * step),
  };
}
