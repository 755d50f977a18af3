/** Bytes that the bodies of copies may hold at a time, at one gateway. */
const MAX_BYTES = 32 * 1024 * 1024;

/** Copies get what memory there is left, and never more. */
export class CopyBudget {
  #free = MAX_BYTES;

  take(bytes: number): boolean {
    if (bytes > this.#free) {
      return false;
    }
    this.#free -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#free += bytes;
  }
}
