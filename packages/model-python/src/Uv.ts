import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findPython, OLDEST_PYTHON, Python } from './findPython';
import { installEnvironment } from './installEnvironment';
import { limited } from './limited';
import { run } from './run';
import { uvSettings } from './uvSettings';

const UV_VERSION = '0.13.9';
const INSTALL_TIMEOUT_MS = 30 * 60_000;

/** How requirements are resolved; as by the machine's user where nothing is said. */
export interface CompileOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Without what belongs to whoever runs this. */
  isolated?: {
    /** Where it lies for whom it runs as. */
    program?: string;
    /** An interpreter that it gets to. */
    python?: string;
    /** Makes the command line that runs it. */
    wrap?: (command: string, args: string[]) => [string, string[]];
    /** All that it gets, beside where packages come from. */
    env: NodeJS.ProcessEnv;
  };
}

const direct = (command: string, args: string[]): [string, string[]] => [
  command,
  args,
];

/** The program `uv`, which resolves and installs several times faster than pip. */
export class Uv {
  /**
   * The machine's own, else fetched from PyPI into the folder.
   *
   * @throws Error where there is no Python for it, or it cannot be fetched
   */
  static async find(folder: string): Promise<Uv> {
    const python = await findPython();
    const settings = await uvSettings(python.file);
    const isThere = await run('uv', ['--version']).then(
      () => true,
      () => false,
    );
    if (isThere) return new Uv('uv', python, settings);
    const target = join(folder, `uv-${UV_VERSION}`);
    const program = join(target, 'bin', 'uv');
    if (!existsSync(program)) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await run(python.file, [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ...['--only-binary', ':all:', '--no-deps', '--upgrade'],
        ...['--target', target, `uv==${UV_VERSION}`],
      ]);
    }
    return new Uv(program, python, settings);
  }

  private constructor(
    readonly program: string,
    readonly python: Python,
    private readonly settings: Record<string, string>,
  ) {}

  /**
   * The lock of a `requirements.txt` or `pyproject.toml`: every package pinned,
   * with the hashes of its wheels, for all systems and newer versions of Python.
   *
   * @throws Error with uv's own words where they do not fit together, or have no wheels
   */
  async compile(
    requirements: string,
    options: CompileOptions = {},
  ): Promise<string> {
    const { isolated, signal, timeoutMs } = options;
    const args = [
      ...['pip', 'compile', '--quiet', '--no-config', '--no-header'],
      ...['--universal', '--python-version', OLDEST_PYTHON],
      ...['--generate-hashes', '--only-binary', ':all:', '--no-annotate'],
      // Paths beside the requirements are nobody else's to read.
      ...(isolated
        ? ['--no-sources', '--python', isolated.python ?? this.python.file]
        : []),
      requirements,
    ];
    const cwd = dirname(requirements);
    if (!isolated) return await this.run(args, { cwd, signal });
    const { program = this.program, wrap = direct, env } = isolated;
    return await run(...wrap(program, args), {
      ...{ cwd, signal, timeoutMs },
      env: { ...this.settings, ...env },
    });
  }

  /**
   * Makes an environment with what the locks pin, wheels only.
   *
   * @returns its interpreter
   * @throws Error where a package takes the place of what makes it an environment:
   *   which Python it is, the platform itself goes by
   */
  async install(
    folder: string,
    locks: string[],
    signal?: AbortSignal,
  ): Promise<string> {
    const { file } = this.python;
    await run(file, ['-m', 'venv', '--without-pip', folder], { signal });
    const interpreter = join(folder, 'bin', 'python');
    const base = await baseOf(folder);
    await this.run(
      [
        ...['pip', 'install', '--quiet', '--no-config'],
        ...['--python', interpreter],
        ...['--only-binary', ':all:', '--require-hashes'],
        ...locks.flatMap(lock => ['--requirement', lock]),
      ],
      { signal, timeoutMs: INSTALL_TIMEOUT_MS },
    );
    if ((await baseOf(folder)) !== base)
      throw new Error(
        'one of the packages brings a pyvenv.cfg or a python of its own, which none may',
      );
    await this.compileAll(join(folder, 'lib'), signal);
    return interpreter;
  }

  /**
   * Every start of a runner would compile all it imports. By the interpreter
   * that the environment was made with, which knows nothing of it: starting the
   * environment's own runs what a package put into its `.pth` files, and uv's
   * `--compile-bytecode` does that.
   */
  private async compileAll(
    folder: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { file } = this.python;
    const work = run(
      ...limited(file, [
        ...['-I', '-S', '-m', 'compileall', '-qq', '-j', '0', folder],
      ]),
      {
        signal,
        timeoutMs: INSTALL_TIMEOUT_MS,
        env: installEnvironment(process.env),
      },
    );
    // Some packages bring files that are no Python yet, as templates; what is not compiled stays as it is.
    await work.catch(error => {
      if (signal?.aborted) throw error;
    });
  }

  private async run(
    args: string[],
    options: { cwd?: string; signal?: AbortSignal; timeoutMs?: number },
  ): Promise<string> {
    return await run(...limited(this.program, args), {
      ...options,
      env: { ...this.settings, ...installEnvironment(process.env) },
    });
  }
}

/** Which Python an environment is of: its settings, and where its interpreter leads. */
async function baseOf(folder: string): Promise<string> {
  const settings = await readFile(join(folder, 'pyvenv.cfg'), 'utf8');
  const interpreter = await realpath(join(folder, 'bin', 'python'));
  return `${interpreter}\n${settings}`;
}
