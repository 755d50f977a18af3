const MINUTE_MS = 60_000;

/** What all searches together may take of a minute: who supervises runners does them beside. */
export class SearchBudget {
  private spentMs = 0;
  private since = performance.now();

  constructor(private readonly maxMs = 3_000) {}

  get isSpent(): boolean {
    const now = performance.now();
    if (now - this.since > MINUTE_MS) {
      this.since = now;
      this.spentMs = 0;
    }
    return this.spentMs > this.maxMs;
  }

  spend(ms: number): void {
    this.spentMs += ms;
  }
}
