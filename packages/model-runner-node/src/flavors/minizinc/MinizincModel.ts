import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RequestError } from '../../RequestError';
import { Solution, SolveStatus } from '../solving/Solution';
import { SolverPool } from '../solving/SolverPool';
import { JobLimit } from '../solving/SolverThread';
import { MinizincMessage } from './minizincEngine';

const READ_MS = 30_000;
const DATA = 'model-platform.inputs.json';
const SETTINGS = 'model-platform.settings.mpc';

/** A parameter or variable, as MiniZinc describes it; those of an enumeration are an `int`. */
export interface MinizincField {
  type: 'int' | 'float' | 'bool' | 'string' | 'ann';
  dim?: number;
  set?: boolean;
  optional?: boolean;
}

export interface MinizincInterface {
  /** Parameters that no data file gives. */
  input: Record<string, MinizincField>;
  output: Record<string, MinizincField>;
}

const statuses: Record<string, SolveStatus> = {
  OPTIMAL_SOLUTION: 'optimal',
  // All solutions of a model without objective.
  ALL_SOLUTIONS: 'feasible',
  SATISFIED: 'feasible',
  UNSATISFIABLE: 'infeasible',
  UNBOUNDED: 'unbounded',
  UNSAT_OR_UNBOUNDED: 'infeasibleOrUnbounded',
};

/** The files of a version, ready to be solved with one call's parameters after another. */
export class MinizincModel {
  private constructor(
    private readonly pool: SolverPool,
    private readonly files: Record<string, string>,
    private readonly main: string,
    private readonly settings: Record<string, unknown>,
  ) {}

  /**
   * The model is the only `.mzn` file, else `model.mzn`, which may include the
   * others; `.dzn` files are data of every solve, a `.mpc` file its settings.
   */
  static async read(
    pool: SolverPool,
    directory: string,
    paths: string[],
  ): Promise<MinizincModel> {
    const ofKind = (ending: string) =>
      paths.filter(file => file.toLowerCase().endsWith(ending));
    const models = ofKind('.mzn');
    const main = models.length === 1 ? models[0] : 'model.mzn';
    if (!models.includes(main)) {
      throw new Error(
        models.length === 0
          ? 'There is no .mzn file among the files of the version.'
          : `There are several .mzn files (${models.join(
              ', ',
            )}); call the one to solve model.mzn.`,
      );
    }
    const files: Record<string, string> = {};
    for (const file of [...models, ...ofKind('.dzn')])
      files[file] = await readFile(path.join(directory, file), 'utf8');
    const [settingsFile, ...more] = ofKind('.mpc');
    if (more.length > 0)
      throw new Error(`There are several .mpc files: leave one of them.`);
    return new MinizincModel(
      pool,
      files,
      main,
      settingsFile
        ? readSettings(
            settingsFile,
            await readFile(path.join(directory, settingsFile), 'utf8'),
          )
        : {},
    );
  }

  /** What it takes and gives. Throws what MiniZinc says where the files are wrong. */
  async describe(): Promise<MinizincInterface> {
    let found: MinizincInterface | undefined;
    let problem: MinizincMessage | undefined;
    const ended = await this.run(
      ['--model-interface-only'],
      {},
      { limitMs: READ_MS },
      message => {
        if (message.type === 'interface')
          found = message as unknown as MinizincInterface;
        if (message.type === 'error') problem ??= message;
      },
    );
    if (problem)
      throw new Error(`MiniZinc: ${problem.message}${placeOf(problem)}`);
    if (!found)
      throw new Error(
        ended.end === 'stopped'
          ? `MiniZinc did not read the model within ${READ_MS / 1000} s.`
          : 'MiniZinc did not read the model.',
      );
    return found;
  }

  async solve(
    data: Record<string, unknown>,
    limit: JobLimit,
  ): Promise<Solution> {
    let status: SolveStatus | undefined;
    let values: Record<string, unknown> | undefined;
    let bound: number | undefined;
    let problem: MinizincMessage | undefined;
    const ended = await this.run(
      ['-i', '--output-mode', 'json', DATA],
      {
        [DATA]: JSON.stringify(data),
        [SETTINGS]: JSON.stringify({
          ...this.settings,
          'time-limit': Math.ceil(limit.limitMs),
          'output-objective': true,
          statistics: true,
        }),
      },
      limit,
      message => {
        if (message.type === 'solution') values = valuesOf(message);
        if (message.type === 'statistics') bound = boundOf(message) ?? bound;
        if (message.type === 'status')
          status = statuses[String(message.status)];
        if (message.type === 'error') problem ??= message;
      },
    );
    if (problem) {
      // What it says may repeat what was sent; where it happened does not.
      throw new RequestError(
        400,
        `The model does not take these inputs: ${
          problem.what ?? 'error'
        }${placeOf(problem)}.`,
      );
    }
    if (ended.end === 'done' && (ended.value as MinizincMessage).code !== 0)
      throw new Error('MiniZinc failed.');
    const { _objective: objective, ...solution } = values ?? {};
    return {
      ...rated(status ?? (values && 'feasible') ?? 'unknown', objective, bound),
      values: values && solution,
      solveTimeMs: ended.tookMs,
    };
  }

  private async run(
    args: string[],
    files: Record<string, string>,
    limit: JobLimit,
    onMessage: (message: MinizincMessage) => void,
  ) {
    const all = { ...this.files, ...files };
    return await this.pool.run(
      {
        files: all,
        args: [
          ...(SETTINGS in files ? [SETTINGS] : []),
          ...args,
          this.main,
          ...Object.keys(this.files).filter(file => file.endsWith('.dzn')),
        ],
      },
      limit,
      message => onMessage(message as MinizincMessage),
    );
  }
}

function readSettings(file: string, text: string): Record<string, unknown> {
  const settings: unknown = JSON.parse(text);
  if (
    typeof settings !== 'object' ||
    settings === null ||
    Array.isArray(settings)
  )
    throw new Error(`${file} must be a JSON object of MiniZinc's options.`);
  return { ...settings };
}

function rated(
  status: SolveStatus,
  objective: unknown,
  bound: number | undefined,
): Pick<Solution, 'status' | 'objective' | 'gap'> {
  if (typeof objective !== 'number') return { status };
  if (status === 'optimal') return { status, objective, gap: 0 };
  return {
    status,
    objective,
    gap:
      bound === undefined
        ? undefined
        : Math.abs(bound - objective) / Math.max(Math.abs(objective), 1e-10),
  };
}

function placeOf({ location }: MinizincMessage): string {
  const { filename, firstLine } = (location ?? {}) as Record<string, unknown>;
  return filename ? ` (${filename}, line ${firstLine})` : '';
}

function boundOf({ statistics }: MinizincMessage): number | undefined {
  const bound = (statistics as Record<string, unknown>)?.objectiveBound;
  return typeof bound === 'number' ? bound : undefined;
}

function valuesOf({ output }: MinizincMessage): Record<string, unknown> {
  const { json } = output as { json?: Record<string, unknown> };
  return Object.fromEntries(
    Object.entries(json ?? {}).map(([name, value]) => [name, plain(value)]),
  );
}

/** Sets as lists of their members, members of enumerations by their names. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if ('e' in value) return value.e;
  if ('set' in value && Array.isArray(value.set)) {
    return value.set.flatMap(member => {
      if (!Array.isArray(member)) return [plain(member)];
      const [from, to] = member as [number, number];
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    });
  }
  return value;
}
