import { InferenceSession, Tensor } from 'onnxruntime-node';
import { JoinedRuns } from './JoinedRuns';

/** Answers what it is given; the engine itself cannot run within a test's own realm (see `joining.test.ts`). */
function echo(rows: number[]): Pick<InferenceSession, 'run'> {
  return {
    run: async (feeds: InferenceSession.FeedsType) => {
      rows.push(feeds.x.dims[0]);
      return { y: feeds.x as Tensor };
    },
  };
}

describe('JoinedRuns', () => {
  const rows: number[] = [];
  const runs = new JoinedRuns(
    echo(rows),
    {
      ...{ maxRows: 1_000, maxBytes: 12, maxDelayMs: 0 },
      observe: () => {},
      countWaiting: () => {},
    },
    { isFree: true },
  );
  const { signal } = new AbortController();

  /** A run of lines of four bytes each. */
  const run = async (value: number, count = 1, isGone = false) => {
    const data = Int32Array.from({ length: count }, () => value);
    const feeds = { x: new Tensor('int32', data, [count, 1]) };
    const results = await runs.run(feeds, { requestId: 'r', signal, isGone });
    return [...(results.y.data as Int32Array)];
  };

  beforeEach(() => {
    rows.length = 0;
  });

  it('joins runs as long as their values are no larger together than said', async () => {
    const values = [0, 1, 2, 3, 4, 5, 6];
    expect(await Promise.all(values.map(value => run(value)))).toEqual(
      values.map(value => [value]),
    );
    // The first begins at once.
    expect(rows).toEqual([1, 3, 3]);
  });

  it('runs one that is larger by itself all the same', async () => {
    expect(await Promise.all([run(1), run(2, 5), run(3)])).toEqual([
      [1],
      [2, 2, 2, 2, 2],
      [3],
    ]);
    expect(rows).toEqual([1, 5, 1]);
  });

  it('runs nothing for callers who left while they waited', async () => {
    const [first, gone, last] = await Promise.allSettled([
      run(1),
      run(2, 1, true),
      run(3),
    ]);
    expect([first, gone.status, last]).toMatchObject([
      { value: [1] },
      'rejected',
      { value: [3] },
    ]);
    expect(rows).toEqual([1, 1]);
  });
});
