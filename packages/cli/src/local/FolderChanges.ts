import fs from 'node:fs';

/** Editors write a file in several steps. */
const SETTLE_MS = 150;
/** What others write beside the model, which changes nothing of it. */
const IGNORED = /(^|\/)(\.|__pycache__|node_modules|requirements\.lock)/;

/** Changes of a folder, one for all that come together. */
export class FolderChanges {
  private pending = false;
  private announce: () => void = () => {};

  constructor(folder: string, private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.announce());
    const location = fs.statSync(folder, { throwIfNoEntry: false });
    if (!location) return;
    const watcher = fs.watch(folder, {
      recursive: location.isDirectory(),
      signal,
    });
    watcher.on('change', (_type, name) => {
      if (name && IGNORED.test(String(name))) return;
      this.pending = true;
      this.announce();
    });
    // Such as a folder that came and went; the next change is seen again.
    watcher.on('error', () => {});
  }

  /** The next one, or the signal. */
  async next(): Promise<void> {
    while (!this.pending && !this.signal.aborted)
      await new Promise<void>(resolve => {
        this.announce = resolve;
      });
    while (this.pending && !this.signal.aborted) {
      this.pending = false;
      await new Promise(resolve => {
        setTimeout(resolve, SETTLE_MS);
      });
    }
  }
}
