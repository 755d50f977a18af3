import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync } from 'node:fs';
import { findByEnvironment } from './findByEnvironment';
import { freePort } from './freePort';
import { lastLogMessage } from './lastLogMessage';
import { pause } from './pause';
import { startTimeOf } from './startTimeOf';
import { ProcessRecord, StateFile } from './StateFile';
import { WatchedProcess } from './WatchedProcess';
import { withoutCoreDumps } from './withoutCoreDumps';

const MAX_BACKOFF_MS = 10_000;
/** After so long a process counts as well, and its next end as the first. */
const STABLE_MS = 60_000;
const PROVE_TIMEOUT_MS = 5_000;
const READY_POLL_MS = 2_000;
const FIRST_POLL_MS = 20;
const MAX_POLL_MS = 250;

/** How to start a program. */
export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
}

/** Environment variable by which a process is found again whose pid was not written down. */
const MARK_VARIABLE = 'MODEL_HOST_MARK';

/** What a supervisor must know of its program. */
export interface Program {
  /** Key of its records. */
  id: string;
  /** Digest of what it is started for: a process with another one is replaced. */
  purpose: string;
  logFile: string;
  /** Before the first restart, milliseconds; doubles from then on. */
  backoffMs: number;
  startTimeoutMs: number;
  /** @throws Error that says why it cannot be started on this machine */
  launch(record: ProcessRecord): Launch;
  /** `unknown`: no answer in time, which a busy process may be excused for. */
  probe(
    record: ProcessRecord,
    signal: AbortSignal,
  ): Promise<'ready' | 'notReady' | 'unknown'>;
  /** Whether what listens at its port knows its secret; `unknown`: no answer in time. */
  prove(record: ProcessRecord): Promise<boolean | 'unknown'>;
  /** Looks after a process as long as it runs; returns why it must be ended at once, if so. */
  guard?(
    process: WatchedProcess,
    record: ProcessRecord,
  ): Promise<string | undefined>;
  /** A better reason for the end of a process than the operating system's, if there is one. */
  explain?(reason: string, ownLog: { from: number }): string | undefined;
  /** It is ready now, or not any more. */
  onChange(): void;
  onEnd?(reason: string): void;
}

/** Keeps one program running: takes over, starts, watches, starts again. */
export class Supervisor {
  readonly #program: Program;
  readonly #state: StateFile;
  readonly #retired = new AbortController();
  #current: { process: WatchedProcess; record: ProcessRecord } | undefined;
  #isReady = false;
  #hasFailed = false;
  #message: string | undefined;
  /** Where the running process's own lines begin. */
  #logStart = 0;
  #done: Promise<void> | undefined;
  #settle: () => void = () => {};
  /** Once it is known whether one of an earlier host serves. */
  readonly settled = new Promise<void>(resolve => {
    this.#settle = resolve;
  });

  constructor(program: Program, state: StateFile) {
    this.#program = program;
    this.#state = state;
    this.#message = state.restarts(program.id).message;
  }

  get isReady(): boolean {
    return this.#isReady && !this.#retired.signal.aborted;
  }

  /** It ended, or could not be started, before it was ready; cleared when it is. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get isRetired(): boolean {
    return this.#retired.signal.aborted;
  }

  get restarts(): number {
    return this.#state.restarts(this.#program.id).count;
  }

  get message(): string | undefined {
    return this.#message;
  }

  get pid(): number | undefined {
    return this.#current?.process.pid;
  }

  get record(): ProcessRecord | undefined {
    return this.#current?.record;
  }

  /** `after`: nothing is started before. */
  start(after?: Promise<void>): void {
    this.#done ??= (async () => {
      await after;
      await this.#run();
    })();
  }

  /** For good. `drained` is waited for before it is asked to end. */
  async retire(options: {
    drained?: () => Promise<void>;
    timeoutMs: number;
  }): Promise<void> {
    if (!this.#retired.signal.aborted) {
      this.#retired.abort();
      this.#program.onChange();
      await options.drained?.();
    }
    await this.#current?.process.end(options.timeoutMs);
    await this.#done;
  }

  async #run(): Promise<void> {
    const { id, backoffMs } = this.#program;
    let delayMs = backoffMs;
    let watched = await this.#takeOver();
    if (!watched) {
      this.#settle();
    }
    if (this.isRetired) {
      await watched?.end(PROVE_TIMEOUT_MS);
    }
    while (!this.isRetired) {
      const startedAt = Date.now();
      let reason: string | undefined;
      try {
        watched ??= await this.#launch();
        reason = await this.#watch(watched);
      } catch (error) {
        reason = (error as Error).message;
        await watched?.end(PROVE_TIMEOUT_MS);
      }
      const wasReady = this.#isReady;
      this.#isReady = false;
      this.#current = undefined;
      this.#state.removeProcess(id);
      if (this.isRetired) {
        break;
      }
      if (watched) {
        this.#state.setRestarts(id, {
          count: this.restarts + 1,
          message: reason,
        });
      }
      watched = undefined;
      this.#message = reason;
      this.#hasFailed = !wasReady;
      this.#program.onEnd?.(reason ?? 'ended');
      this.#program.onChange();
      if (Date.now() - startedAt > STABLE_MS) {
        delayMs = backoffMs;
      }
      await pause(delayMs, this.#retired.signal);
      delayMs = Math.min(Math.max(delayMs * 2, 100), MAX_BACKOFF_MS);
    }
  }

  async #takeOver(): Promise<WatchedProcess | undefined> {
    const { id, purpose } = this.#program;
    const record = this.#state.process(id);
    if (!record) {
      return undefined;
    }
    const watched = takeOver(record);
    if (!watched) {
      if (record.pid !== undefined) {
        const message = 'ended while the host was away';
        this.#state.setRestarts(id, { count: this.restarts + 1, message });
        this.#message = message;
      }
      this.#state.removeProcess(id);
      return undefined;
    }
    const { pid, startTime } = watched;
    const full = { ...record, pid, startTime };
    if (record.purpose === purpose && (await this.#isProven(full, watched))) {
      this.#state.setProcess(id, full);
      this.#logStart = sizeOf(this.#program.logFile);
      this.#current = { process: watched, record: full };
      return watched;
    }
    // It is the process that was started, but not one to rely on.
    await watched.end(record.purpose === purpose ? 0 : PROVE_TIMEOUT_MS);
    this.#state.removeProcess(id);
    return undefined;
  }

  async #isProven(
    record: ProcessRecord,
    watched: WatchedProcess,
  ): Promise<boolean> {
    const deadline = Date.now() + PROVE_TIMEOUT_MS;
    while (!watched.over.aborted && Date.now() < deadline) {
      // Its pid and start time have proven it already: being busy is no fault.
      if ((await this.#program.prove(record)) !== false) {
        return true;
      }
      await pause(50, watched.over);
    }
    return false;
  }

  async #launch(): Promise<WatchedProcess> {
    const { id, purpose, logFile } = this.#program;
    const intent: ProcessRecord = {
      port: await freePort(),
      secret: randomSecret(),
      metricsSecret: randomSecret(),
      purpose,
      startedAt: new Date().toISOString(),
    };
    const { command, args, env, cwd } = withoutCoreDumps(
      this.#program.launch(intent),
    );
    if (this.isRetired) {
      throw new Error('not wanted any more');
    }
    this.#logStart = sizeOf(logFile);
    // Written down first: who is killed after the next line still finds it, by its mark.
    this.#state.addProcess(id, intent);
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(command, args, {
      cwd,
      env: { ...env, [MARK_VARIABLE]: markOf(intent) },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<Error>(resolve =>
        child.once('error', resolve),
      );
      throw new Error(`cannot be started: ${error.message}`);
    }
    child.on('error', () => {});
    child.unref();
    const watched = WatchedProcess.ofChild(child, pid);
    const record = { ...intent, pid, startTime: watched.startTime };
    this.#state.setProcess(id, record);
    this.#current = { process: watched, record };
    return watched;
  }

  /** Until its end, which is told in words. */
  async #watch(watched: WatchedProcess): Promise<string> {
    const { logFile, startTimeoutMs, probe } = this.#program;
    const record = this.#current?.record as ProcessRecord;
    const deadline = Date.parse(record.startedAt) + startTimeoutMs;
    let pollMs = FIRST_POLL_MS;
    let wasEverReady = false;
    let ended: string | undefined;
    void watched.ended.then(this.#settle);
    void this.#program.guard?.(watched, record).then(reason => {
      if (reason !== undefined && !watched.over.aborted && !this.isRetired) {
        ended = reason;
        watched.kill('SIGKILL');
      }
    });
    while (!watched.over.aborted) {
      const health = await probe(record, watched.over);
      if (watched.over.aborted) {
        break;
      }
      let isReady = health === 'ready';
      if (health === 'unknown') {
        // One that was taken over while it is busy goes on as it was.
        isReady = this.#isReady || (!wasEverReady && record.wasReady === true);
      }
      if (isReady !== this.#isReady) {
        this.#isReady = isReady;
        pollMs = FIRST_POLL_MS;
        if (isReady && !wasEverReady) {
          wasEverReady = true;
          this.#hasFailed = false;
          this.#state.setProcess(this.#program.id, {
            ...record,
            wasReady: true,
          });
        }
        this.#program.onChange();
      }
      this.#settle();
      if (!wasEverReady && !ended && !this.isRetired && Date.now() > deadline) {
        ended = `was not ready after ${
          startTimeoutMs / 1000
        } s, the time that it has to load (START_TIMEOUT_MS)`;
        watched.kill('SIGKILL');
      }
      await pause(this.#isReady ? READY_POLL_MS : pollMs, watched.over);
      pollMs = Math.min(pollMs * 1.5, MAX_POLL_MS);
    }
    const reason = await watched.ended;
    const known =
      ended ?? this.#program.explain?.(reason, { from: this.#logStart });
    if (known !== undefined) {
      return known;
    }
    const last = lastLogMessage(logFile, this.#logStart);
    return last && !reason.startsWith('ended by')
      ? `${reason}: ${last}`
      : reason;
  }
}

/** The process that a record speaks of, if it runs. What one that has ended left behind ends here. */
export function takeOver(record: ProcessRecord): WatchedProcess | undefined {
  const known = identify(record);
  const watched = known && WatchedProcess.takeOver(known.pid, known.startTime);
  if (!watched) {
    endLeftBehind(record);
  }
  return watched;
}

/**
 * As long as somebody is in the session that a process led, its pid is no other
 * process's; that somebody has its mark shows that the session is that one.
 */
function endLeftBehind(record: ProcessRecord): void {
  const { pid } = record;
  if (
    pid === undefined ||
    startTimeOf(pid) !== undefined ||
    findByEnvironment(MARK_VARIABLE, markOf(record), pid) === undefined
  ) {
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // There is nobody any more, or nobody whom the host may end.
  }
}

/** If it can be told. */
function identify(
  record: ProcessRecord,
): { pid: number; startTime: string } | undefined {
  if (record.pid !== undefined && record.startTime !== undefined) {
    return { pid: record.pid, startTime: record.startTime };
  }
  const pid = findByEnvironment(MARK_VARIABLE, markOf(record));
  const startTime = pid === undefined ? undefined : startTimeOf(pid);
  return pid !== undefined && startTime !== undefined
    ? { pid, startTime }
    : undefined;
}

/** Says whose a process is, and opens nothing: programs may wipe their secrets. */
function markOf({ secret }: ProcessRecord): string {
  return createHash('sha256').update(secret).digest('hex');
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
