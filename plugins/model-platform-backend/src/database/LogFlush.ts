import { FileHandle, open } from 'node:fs/promises';

/**
 * Brings a write-ahead log to the disk, off the thread that serves. Whoever
 * waits while a flush is under way shares the next one.
 */
export class LogFlush {
  private readonly file: Promise<FileHandle>;
  private written = 0;
  private flushed = 0;
  private running: Promise<void> | undefined;

  constructor(path: string) {
    this.file = open(path, 'r');
    // Whoever waits for a flush hears of it.
    this.file.catch(() => {});
  }

  /** To be called once something was written to the log. */
  note(): void {
    this.written += 1;
  }

  /**
   * Resolves once all that was noted before is on the disk. Rejects for ever
   * after a flush that failed: what it was to bring to the disk may be lost,
   * and the next one would not say so.
   */
  async settle(): Promise<void> {
    const wanted = this.written;
    while (this.flushed < wanted) {
      this.running ??= this.flush();
      await this.running;
    }
  }

  /** Of a log that nothing is written to any more. */
  close(): void {
    this.file.then(file => file.close()).catch(() => {});
  }

  private async flush(): Promise<void> {
    const upTo = this.written;
    await (await this.file).datasync();
    this.flushed = upTo;
    // Left as it is where it failed.
    this.running = undefined;
  }
}
