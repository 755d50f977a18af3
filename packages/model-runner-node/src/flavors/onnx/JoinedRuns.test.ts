import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { CONFORMANCE } from '../../__testUtils__/conformanceCase';
import { JoinedRuns } from './JoinedRuns';

describe('JoinedRuns', () => {
  it('joins runs as long as their values are no larger together than said', async () => {
    const session = await InferenceSession.create(
      join(CONFORMANCE, 'lookups.onnx'),
    );
    const [name] = session.inputNames;
    const rows: number[] = [];
    const runs = new JoinedRuns(
      {
        run: async (feeds: InferenceSession.FeedsType) => {
          rows.push(feeds[name].dims[0]);
          return await session.run(feeds);
        },
      },
      {
        ...{ maxRows: 1_000, maxBytes: 24, maxDelayMs: 0 },
        observe: () => {},
        countWaiting: () => {},
      },
      { isFree: true },
    );
    const [{ shape }] = session.inputMetadata.flatMap(one =>
      one.isTensor ? [one] : [],
    );
    const { signal } = new AbortController();
    const run = async (place: number, count = 1, isGone = false) => {
      const places = BigInt64Array.from({ length: count }, () => BigInt(place));
      const dims = shape.length === 1 ? [count] : [count, 1];
      const feeds = { [name]: new Tensor('int64', places, dims) };
      const call = { requestId: 'r', signal, isGone };
      const results = await runs.run(feeds, call);
      return Number(results[session.outputNames[0]].data[0]);
    };
    // Of eight bytes each; the first begins at once.
    const answers = await Promise.all([0, 1, 0, 1, 0, 1, 0].map(at => run(at)));
    expect(answers).toEqual([10, 20, 10, 20, 10, 20, 10]);
    expect(rows).toEqual([1, 3, 3]);
    rows.length = 0;
    // One that is larger by itself is run all the same.
    expect(await Promise.all([run(0), run(1, 5), run(1)])).toEqual([
      10, 20, 20,
    ]);
    expect(rows).toEqual([1, 5, 1]);
    rows.length = 0;
    // Nothing is run for callers who left while they waited.
    const [first, gone, last] = await Promise.allSettled([
      run(0),
      run(1, 1, true),
      run(1),
    ]);
    expect([first, gone.status, last]).toMatchObject([
      { value: 10 },
      'rejected',
      { value: 20 },
    ]);
    expect(rows).toEqual([1, 1]);
    await session.release();
  });
});
