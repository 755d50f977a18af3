/** Time that the files of one version may take altogether, however many they are. */
export class ReadingBudget {
  private leftMs: number;

  constructor(private readonly totalMs: number) {
    this.leftMs = totalMs;
  }

  /** What one more file may take. */
  atMost(ms: number): number {
    return Math.max(0, Math.min(ms, this.leftMs));
  }

  spend(ms: number): void {
    this.leftMs -= ms;
  }

  get isSpent(): boolean {
    return this.leftMs <= 0;
  }

  /** Why a file is not read any more. */
  get problem(): string {
    return `reading the files of this version takes longer than ${
      this.totalMs / 1000
    } seconds altogether`;
  }
}
