import { setTimeout as sleep } from 'node:timers/promises';
import { hostState } from './hostView';

const LOOK_EVERY_MS = 100;

/** Looks at the host's runners all the time: which process each of them has had. */
export class RunnerStarts {
  private readonly pids = new Map<string, Set<number>>();
  private stopped = false;
  private readonly looking: Promise<void>;

  constructor(private readonly dataDir: string) {
    this.looking = this.look();
  }

  get runners(): number {
    return this.pids.size;
  }

  /** Runners that were started more than once. */
  get problems(): string[] {
    return [...this.pids].flatMap(([id, pids]) =>
      pids.size > 1 ? [`${id} was started as ${[...pids]}`] : [],
    );
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.looking;
  }

  private async look(): Promise<void> {
    while (!this.stopped) {
      // An answer that comes too late is no finding; the next look finds what runs.
      const state = await hostState(this.dataDir).catch(() => undefined);
      for (const { runners } of Object.values(state?.deployments ?? {}))
        for (const { id, pid } of runners) if (pid) this.note(id, pid);
      await sleep(LOOK_EVERY_MS);
    }
  }

  private note(id: string, pid: number): void {
    this.pids.set(id, (this.pids.get(id) ?? new Set()).add(pid));
  }
}
