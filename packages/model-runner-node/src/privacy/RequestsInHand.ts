import { AsyncLocalStorage } from 'node:async_hooks';
import { FieldValue, Filtered, ValueFilter } from './ValueFilter';

/** Requests whose code may still write something, of which nobody can tell whose it is. */
const MAX_RECENT = 16;

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
  private recent: RequestInHand[] = [];
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
      this.end(request);
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
      this.end(request);
    }
  }

  /** Paths in place of values. */
  replace(text: string): Filtered {
    const found: Filtered['found'] = [];
    let clean = text;
    for (const request of this.concerned()) {
      const next = request.filter.replace(clean);
      clean = next.text;
      found.push(...next.found);
    }
    return { text: clean, found };
  }

  /**
   * Whose values may stand in what is written here: those of the request at
   * hand and of all others, for their code shares this process; where nobody
   * can tell whose it is, as of the last words of a failure that nobody
   * caught, also of those that were answered a moment ago.
   */
  private concerned(): Iterable<RequestInHand> {
    const here = this.current.getStore();
    return here ? new Set([here, ...this.all]) : [...this.all, ...this.recent];
  }

  private end(request: RequestInHand) {
    this.all.delete(request);
    this.recent.push(request);
    if (this.recent.length > MAX_RECENT) this.recent.shift();
  }
}

export const requestsInHand = new RequestsInHand();
