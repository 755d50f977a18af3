import { AsyncLocalStorage } from 'node:async_hooks';
import { FieldValue, Filtered, ValueFilter } from './ValueFilter';

/** A request that a model works on; its values are gathered only where something is written. */
class RequestInHand {
  private made?: ValueFilter;

  constructor(
    readonly requestId: string,
    private readonly values: () => Iterable<FieldValue>,
  ) {}

  get filter(): ValueFilter {
    this.made ??= new ValueFilter(this.values());
    return this.made;
  }
}

/**
 * The requests that are worked on now, so that nothing which is written
 * meanwhile, by whomever, repeats their values.
 */
export class RequestsInHand {
  private readonly all = new Set<RequestInHand>();
  private readonly current = new AsyncLocalStorage<RequestInHand>();

  /** Of the request that is worked on here, wherever it is asked from. */
  get requestId(): string | undefined {
    return this.current.getStore()?.requestId;
  }

  /** Holds a request until the work is done. */
  async during<T>(
    requestId: string,
    values: () => Iterable<FieldValue>,
    work: () => Promise<T>,
  ): Promise<T> {
    const request = new RequestInHand(requestId, values);
    this.all.add(request);
    try {
      return await this.current.run(request, work);
    } finally {
      this.all.delete(request);
    }
  }

  /** The same for an answer that comes piece by piece. */
  async *throughout<T>(
    requestId: string,
    values: () => Iterable<FieldValue>,
    pieces: () => AsyncIterable<T>,
  ): AsyncIterable<T> {
    const request = new RequestInHand(requestId, values);
    this.all.add(request);
    try {
      yield* pieces();
    } finally {
      this.all.delete(request);
    }
  }

  get isAny(): boolean {
    return this.all.size > 0 || this.current.getStore() !== undefined;
  }

  /** Paths in place of values: of the request at hand first, then of all others, for their code shares this process. */
  replace(text: string): Filtered {
    const here = this.current.getStore();
    let filtered: Filtered = { text, found: [] };
    for (const request of here ? new Set([here, ...this.all]) : this.all) {
      const next = request.filter.replace(filtered.text);
      filtered = {
        text: next.text,
        found: next.found.length
          ? [...filtered.found, ...next.found]
          : filtered.found,
      };
    }
    return filtered;
  }
}

export const requestsInHand = new RequestsInHand();
