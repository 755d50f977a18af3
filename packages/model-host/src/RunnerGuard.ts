import {
  appendFileSync,
  closeSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { DEFAULT_CALL_TIMEOUT_MS } from '@model-platform/model-wire';
import { Confinement } from './confinement/Confinement';
import { describeMemory } from './describeMemory';
import { httpProbe } from './httpProbe';
import { pause } from './pause';
import { WatchedProcess } from './WatchedProcess';

const HEALTH_POLL_MS = 2_000;
const READ_BYTES = 64 * 1024;
const OUT_OF_HEAP = 'JavaScript heap out of memory';

/** Ends a runner that has more memory than it may, or that answers nothing any more, and knows why one was ended. */
export class RunnerGuard {
  readonly #id: string;
  readonly #memoryBytes: number | undefined;
  readonly #cpuCores: number | undefined;
  readonly #callMs: number;
  readonly #graceMs: number;
  readonly #logFile: string;
  readonly #confinement: Confinement;
  /** Before the process that runs now. */
  #kills = 0;
  /** Whether the process that runs now has been ready. */
  #isReady = false;

  constructor(options: {
    id: string;
    memoryBytes: number | undefined;
    cpuCores: number | undefined;
    requestTimeoutMs: number | undefined;
    graceMs: number;
    logFile: string;
    confinement: Confinement;
  }) {
    this.#id = options.id;
    this.#memoryBytes = options.memoryBytes;
    this.#cpuCores = options.cpuCores;
    this.#callMs = options.requestTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.#graceMs = options.graceMs;
    this.#logFile = options.logFile;
    this.#confinement = options.confinement;
    this.#kills = this.#memoryKills;
  }

  /** Who lets calls reach it says so: the first one may be the one that never comes back. */
  noteReady(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    // A start may take all there is; what it takes later is held.
    this.#confinement.groups?.limitCpu(this.#id, this.#cpuCores);
  }

  /**
   * Returns why the process must end, or nothing when it has ended by itself.
   *
   * @param wasReady - of one that was taken over: it may hang already
   */
  async watch(
    process: WatchedProcess,
    healthUrl: string,
    wasReady: boolean,
  ): Promise<string | undefined> {
    this.#kills = this.#memoryKills;
    this.#isReady = false;
    const { groups } = this.#confinement;
    const limit = this.#memoryBytes;
    return await Promise.race([
      this.#watchHealth(process, healthUrl, wasReady),
      ...(limit !== undefined && !groups?.limitsMemory
        ? [this.#watchMemory(process, limit)]
        : []),
    ]);
  }

  /** Why a process ended, where it was over its memory. */
  explain(reason: string, ownLog: { from: number }): string | undefined {
    const isKilled = reason === 'ended by SIGKILL' || reason === 'ended';
    if (isKilled && this.#memoryKills > this.#kills) {
      return this.#overMemory();
    }
    // V8 ends a program itself that is over its share.
    return reason === 'ended by SIGABRT' &&
      this.#memoryBytes !== undefined &&
      tailOf(this.#logFile, ownLog.from).includes(OUT_OF_HEAP)
      ? this.#overMemory()
      : undefined;
  }

  /** For who reads the runner's own log, where there is room for it. */
  log(reason: string): void {
    const line = JSON.stringify({
      at: new Date().toISOString(),
      level: 'error',
      message: `the runner ended: ${reason}`,
    });
    try {
      appendFileSync(this.#logFile, `${line}\n`, { mode: 0o600 });
    } catch {
      // The host's log says it, too.
    }
  }

  get #memoryKills(): number {
    return this.#confinement.groups?.memoryKills(this.#id) ?? 0;
  }

  #overMemory(): string {
    return `used more than its ${describeMemory(
      this.#memoryBytes ?? 0,
    )} of memory; raise resources.memory`;
  }

  async #watchMemory(
    process: WatchedProcess,
    limit: number,
  ): Promise<string | undefined> {
    return (await this.#confinement.memoryWatch.hasMore(process, limit))
      ? this.#overMemory()
      : undefined;
  }

  /**
   * One question, that waits for as long as a call may take: code that computes
   * keeps it waiting, code that never comes back keeps it for ever.
   */
  async #watchHealth(
    process: WatchedProcess,
    url: string,
    wasReady: boolean,
  ): Promise<string | undefined> {
    while (!process.over.aborted) {
      // What is still being loaded may answer nothing for as long as that takes.
      const isToAnswer = wasReady || this.#isReady;
      const health = await httpProbe(url, {
        timeoutMs: this.#callMs + this.#graceMs,
        signal: process.over,
      });
      if (health === 200) this.noteReady();
      if (health === 'silent' && isToAnswer && !process.over.aborted) {
        return `answered nothing for ${
          (this.#callMs + this.#graceMs) / 1000
        } s, longer than a call may take: endpoint code that never comes back, as an endless loop`;
      }
      await pause(this.#isReady ? HEALTH_POLL_MS : 50, process.over);
    }
    return undefined;
  }
}

function tailOf(path: string, from: number): string {
  const { size } = statSync(path);
  const start = Math.max(size < from ? 0 : from, size - READ_BYTES);
  const buffer = Buffer.alloc(size - start);
  const file = openSync(path, 'r');
  try {
    return buffer.toString(
      'utf8',
      0,
      readSync(file, buffer, 0, buffer.length, start),
    );
  } finally {
    closeSync(file);
  }
}
