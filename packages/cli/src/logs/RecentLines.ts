import { LogLine } from '@model-platform/plugin-model-platform-common';

/** How many lines of each runner are asked for again after a reconnection. */
export const RECONNECT_TAIL = 200;

interface RunnerLines {
  /** When the oldest line that was shown was written, milliseconds since 1970. */
  oldestAt: number;
  /** The last ones that were shown, as they came. */
  shown: string[];
  /** Those of them that are still to come once more. */
  repeated: string[];
}

/** Knows the lines that come once more after a reconnection, and those before them that were not asked for. */
export class RecentLines {
  private readonly runners = new Map<string, RunnerLines>();
  private isReconnected = false;

  /** Whether a line is not to be shown; else it is known from now on. */
  isKnown({ runner, at }: LogLine, data: string): boolean {
    const writtenAt = Date.parse(at);
    const lines = this.runners.get(runner) ?? {
      oldestAt: writtenAt,
      shown: [],
      repeated: [],
    };
    this.runners.set(runner, lines);
    const index = lines.repeated.indexOf(data);
    if (index >= 0) {
      lines.repeated.splice(index, 1);
      return true;
    }
    if (this.isReconnected && writtenAt < lines.oldestAt) return true;
    lines.oldestAt = Math.min(lines.oldestAt, writtenAt);
    lines.shown.push(data);
    if (lines.shown.length > 2 * RECONNECT_TAIL)
      lines.shown = lines.shown.slice(-RECONNECT_TAIL);
    return false;
  }

  reconnected(): void {
    this.isReconnected = true;
    for (const lines of this.runners.values())
      lines.repeated = lines.shown.slice(-RECONNECT_TAIL);
  }
}
