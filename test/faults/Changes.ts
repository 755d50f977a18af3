import { HistoryEntry } from '@model-platform/plugin-model-platform-common';
import { Refused } from './RegistryClient';

/**
 * Changes of models, each with a reason of its own, by which it is found in
 * the history: once if it was answered, at most once if nobody knows, and not
 * at all if it was refused.
 */
export class Changes {
  /** By reason: how often it may be there. */
  private readonly made = new Map<string, { least: number; most: number }>();

  constructor(private readonly name: string) {}

  /** @returns what `work` returns, which is to make one change that is none in vain. */
  async make<T>(work: (reason: string) => Promise<T>): Promise<T> {
    const reason = `${this.name} ${this.made.size + 1}`;
    const expected = { least: 0, most: 1 };
    this.made.set(reason, expected);
    try {
      const result = await work(reason);
      expected.least = 1;
      return result;
    } catch (error) {
      // After a 5xx nobody knows.
      if (error instanceof Refused && error.status < 500) expected.most = 0;
      throw error;
    }
  }

  get acknowledged(): number {
    return [...this.made.values()].filter(({ least }) => least > 0).length;
  }

  problems(entries: HistoryEntry[]): string[] {
    const found = new Map<string, number>();
    for (const { reason = '' } of entries)
      found.set(reason, (found.get(reason) ?? 0) + 1);
    return [...this.made].flatMap(([reason, { least, most }]) => {
      const times = found.get(reason) ?? 0;
      return times < least || times > most
        ? [
            `the history tells ${times} times of '${reason}', not ${least} to ${most} times`,
          ]
        : [];
    });
  }
}
