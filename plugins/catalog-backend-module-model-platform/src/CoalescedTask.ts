/**
 * Runs one thing at a time, however often it is asked for: whoever asks while
 * it runs gets one further run, together with all others who do.
 */
export class CoalescedTask {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(private readonly fn: () => Promise<void>) {}

  /** Settles when a run that began after this call has ended. */
  request(): Promise<void> {
    if (!this.running) {
      this.running = this.fn().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    if (!this.next) {
      this.next = this.running
        .catch(() => undefined)
        .then(() => {
          this.next = undefined;
          return this.request();
        });
    }
    return this.next;
  }
}
