import { AsyncLocalStorage } from 'node:async_hooks';
import { replaceValues } from './replaceValues';
import { FieldValue, Filtered, ValueFilter } from './ValueFilter';

/** Requests whose code may still write something, of which nobody can tell whose it is. */
const MAX_RECENT = 16;

/** What is known here of who waits for an answer. */
interface Caller {
  requestId: string;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
}

/** A request that a model works on; its values are gathered only where something is written. */
class RequestInHand {
  private made?: ValueFilter;

  constructor(
    readonly call: Caller,
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

  /** Whose request is worked on here, wherever it is asked from. */
  get call(): Caller | undefined {
    return this.current.getStore()?.call;
  }

  /** Holds a request until the work is done. */
  async during<T>(
    call: Caller,
    values: () => Iterable<FieldValue>,
    work: () => Promise<T>,
  ): Promise<T> {
    const request = this.take(call, values);
    try {
      return await this.current.run(request, work);
    } finally {
      this.end(request);
    }
  }

  /** Holds a request until it is ended; lines of others' code don't know that they are of it. */
  take(call: Caller, values: () => Iterable<FieldValue>): RequestInHand {
    const request = new RequestInHand(call, values);
    this.all.add(request);
    return request;
  }

  end(request: RequestInHand) {
    this.all.delete(request);
    this.recent.push(request);
    if (this.recent.length > MAX_RECENT) this.recent.shift();
  }

  /** Paths in place of values. */
  replace(text: string): Filtered {
    return replaceValues(
      text,
      this.concerned().map(request => request.filter),
    );
  }

  /**
   * Whose values may stand in what is written here: those of the request at
   * hand and of all others, for their code shares this process; where nobody
   * can tell whose it is, as of the last words of a failure that nobody
   * caught, also of those that were answered a moment ago.
   */
  private concerned(): RequestInHand[] {
    const here = this.current.getStore();
    return here
      ? [...new Set([here, ...this.all])]
      : [...this.all, ...this.recent];
  }
}

export const requestsInHand = new RequestsInHand();
