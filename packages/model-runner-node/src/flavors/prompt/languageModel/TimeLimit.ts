/** Ends what takes too long, or is for nobody any more. */
export class TimeLimit {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private since = performance.now();
  private over = false;

  constructor(private readonly limitMs: number, caller: AbortSignal) {
    this.signal = AbortSignal.any([this.controller.signal, caller]);
    this.timer = setTimeout(() => {
      this.over = true;
      this.controller.abort();
    }, limitMs);
  }

  get isOver(): boolean {
    return this.over;
  }

  get remainingMs(): number {
    return this.limitMs - (performance.now() - this.since);
  }

  /** Begins anew. */
  touch(): void {
    this.since = performance.now();
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
    this.controller.abort();
  }
}
