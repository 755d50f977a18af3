/** How many lines are asked for again after a reconnection. */
export const RECONNECT_TAIL = 200;

/** Knows the lines that come once more after a reconnection. */
export class RecentLines {
  private seen: string[] = [];
  private repeated = new Set<string>();

  repeats(data: string): boolean {
    if (this.repeated.delete(data)) return true;
    this.seen.push(data);
    if (this.seen.length > 2 * RECONNECT_TAIL)
      this.seen = this.seen.slice(-RECONNECT_TAIL);
    return false;
  }

  reconnected(): void {
    this.repeated = new Set(this.seen.slice(-RECONNECT_TAIL));
  }
}
