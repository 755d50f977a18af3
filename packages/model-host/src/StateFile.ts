import { z } from 'zod';
import { readJsonFile, writeJsonFile } from './jsonFile';

const processRecordSchema = z.object({
  /** Absent between the decision to start it and its start. */
  pid: z.number().int().optional(),
  startTime: z.string().optional(),
  port: z.number().int(),
  secret: z.string(),
  /** Opens its figures alone; absent of one that an earlier version of the platform has started. */
  metricsSecret: z.string().optional(),
  /** Digest of what it was started for. */
  purpose: z.string(),
  startedAt: z.string(),
  /** Whether it has been ready. */
  wasReady: z.boolean().optional(),
  /** Of one that is to end: what its calls get, from whichever host ends it, milliseconds. */
  drainMs: z.number().optional(),
});

const stateSchema = z.object({
  formatVersion: z.literal(1),
  processes: z.record(z.string(), processRecordSchema),
  restarts: z.record(
    z.string(),
    z.object({ count: z.number().int(), message: z.string().optional() }),
  ),
  /** Where applications reach the gateway, if the port was not given. */
  publicPort: z.number().int().optional(),
});

/** What is needed to recognise a process. */
export type ProcessRecord = z.infer<typeof processRecordSchema>;

/** What opens its figures: one that knows no secret for them takes its own. */
export function metricsSecretOf(record: ProcessRecord): string {
  return record.metricsSecret ?? record.secret;
}

type State = z.infer<typeof stateSchema>;

/** Told what is wrong with the file, and why. */
type OnProblem = (message: string, reason: string) => void;

/**
 * `state.json`: which processes are started, written down before. The rest is
 * written when it can be: a disk that is full ends nothing that runs.
 */
export class StateFile {
  readonly #path: string;
  readonly #state: State;
  readonly #onProblem: OnProblem;

  private constructor(path: string, state: State, onProblem: OnProblem) {
    this.#path = path;
    this.#state = state;
    this.#onProblem = onProblem;
  }

  /** Nothing of a file that cannot be read is believed: its processes stay strangers. */
  static open(path: string, onProblem: OnProblem): StateFile {
    try {
      const value = readJsonFile(path);
      if (value !== undefined) {
        return new StateFile(path, stateSchema.parse(value), onProblem);
      }
    } catch (error) {
      onProblem('state.json is not used', (error as Error).message);
    }
    return new StateFile(
      path,
      { formatVersion: 1, processes: {}, restarts: {} },
      onProblem,
    );
  }

  get publicPort(): number | undefined {
    return this.#state.publicPort;
  }

  setPublicPort(port: number): void {
    if (this.#state.publicPort !== port) {
      this.#state.publicPort = port;
      this.#write();
    }
  }

  processes(): Array<[string, ProcessRecord]> {
    return Object.entries(this.#state.processes);
  }

  process(id: string): ProcessRecord | undefined {
    return this.#state.processes[id];
  }

  /** One that is to be started. @throws Error where that cannot be written down */
  addProcess(id: string, record: ProcessRecord): void {
    this.#state.processes[id] = record;
    writeJsonFile(this.#path, this.#state);
  }

  /** More of one that was written down: by its secret it is found without. */
  setProcess(id: string, record: ProcessRecord): void {
    this.#state.processes[id] = record;
    this.#write();
  }

  removeProcess(id: string): void {
    if (this.#state.processes[id]) {
      delete this.#state.processes[id];
      this.#write();
    }
  }

  restarts(id: string): { count: number; message?: string } {
    return this.#state.restarts[id] ?? { count: 0 };
  }

  setRestarts(id: string, restarts: { count: number; message?: string }): void {
    this.#state.restarts[id] = restarts;
    this.#write();
  }

  forget(id: string): void {
    delete this.#state.processes[id];
    delete this.#state.restarts[id];
    this.#write();
  }

  /** What cannot be written now goes with the next change. */
  #write(): void {
    try {
      writeJsonFile(this.#path, this.#state);
    } catch (error) {
      this.#onProblem('state.json is not up to date', (error as Error).message);
    }
  }
}
