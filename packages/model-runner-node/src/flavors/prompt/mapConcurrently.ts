/** In order; the first that fails ends the others. */
export async function mapConcurrently<In, Out>(
  items: In[],
  concurrency: number,
  caller: AbortSignal,
  work: (item: In, signal: AbortSignal) => Promise<Out>,
): Promise<Out[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([caller, failed.signal]);
  const results: Out[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const index = next;
      next += 1;
      results[index] = await work(items[index], signal);
    }
  };
  try {
    await Promise.all(
      Array.from({ length: Math.min(concurrency, items.length) }, worker),
    );
  } catch (error) {
    failed.abort();
    throw error;
  }
  signal.throwIfAborted();
  return results;
}
