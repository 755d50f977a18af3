/** So many of the longest pauses, and what begins anew again and again is over. */
const MAX_PAUSES = 24;

/** Ends what takes too long, or is for nobody any more. */
export class TimeLimit {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly wholeTimer: NodeJS.Timeout;
  private since = performance.now();
  private over = false;

  constructor(private readonly limitMs: number, caller: AbortSignal) {
    this.signal = AbortSignal.any([this.controller.signal, caller]);
    const expire = () => {
      this.over = true;
      this.controller.abort();
    };
    this.timer = setTimeout(expire, limitMs);
    this.wholeTimer = setTimeout(expire, limitMs * MAX_PAUSES);
  }

  get isOver(): boolean {
    return this.over;
  }

  get remainingMs(): number {
    return this.limitMs - (performance.now() - this.since);
  }

  /** Begins anew, up to the limit of the whole. */
  touch(): void {
    this.since = performance.now();
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
    clearTimeout(this.wholeTimer);
    this.controller.abort();
  }
}
