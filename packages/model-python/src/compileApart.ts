import {
  constants,
  copyFile,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { projectDependencies } from './projectDependencies';
import { requirementsProblem } from './requirementsProblem';
import { findProgram, ResolverUser } from './ResolverUser';
import { Uv } from './Uv';

const MAX_REQUIREMENTS_BYTES = 256 * 1024;
const TIMEOUT_MS = 120_000;
/** Of the platform's own environment the resolver sees nothing else. */
const PASSED_ON = [
  'LANG',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
];

/**
 * The lock of requirements that somebody else wrote: in a folder that holds
 * nothing else, without the platform's environment, as a user who can read no
 * more than everybody, where that is possible. Wheels only, so nothing of a
 * package runs.
 *
 * @param name - `requirements.txt` or `pyproject.toml`: how the text is to be read
 * @throws Error with the reason, in uv's own words where it is its
 */
export async function compileApart(
  uv: Uv,
  name: string,
  text: string,
  signal?: AbortSignal,
): Promise<string> {
  if (Buffer.byteLength(text) > MAX_REQUIREMENTS_BYTES)
    throw new Error(`${name} has more than ${MAX_REQUIREMENTS_BYTES} bytes`);
  const folder = await mkdtemp(join(tmpdir(), 'model-platform-lock-'));
  try {
    const given = join(folder, basename(name));
    const file = join(folder, 'requirements.txt');
    await writeFile(given, text);
    const user = await ResolverUser.find();
    const python = user && (await reachable(user, uv.python.file));
    const program = join(folder, 'uv');
    const wrap = (command: string, args: string[]): [string, string[]] =>
      user && python ? user.commandOf(command, args) : [command, args];
    const env = {
      ...Object.fromEntries(
        PASSED_ON.flatMap(one => [
          [one, process.env[one]],
          [one.toLowerCase(), process.env[one.toLowerCase()]],
        ]),
      ),
      HOME: folder,
      TMPDIR: folder,
      UV_CACHE_DIR: join(folder, 'cache'),
    };
    if (user && python) {
      const own = (await findProgram(uv.program)) ?? uv.program;
      await copyFile(own, program, constants.COPYFILE_FICLONE);
      for (const path of [folder, given, program]) await user.own(path);
    }
    if (given !== file)
      await writeFile(
        file,
        await projectDependencies(python ?? uv.python.file, given, wrap, {
          cwd: folder,
          env,
          signal,
          timeoutMs: TIMEOUT_MS,
        }),
      );
    const problem = requirementsProblem(await readFile(file, 'utf8'));
    if (problem !== undefined) throw new Error(`${name}${problem}`);
    return await uv.compile(file, {
      signal,
      timeoutMs: TIMEOUT_MS,
      isolated: {
        ...(user &&
          python && {
            program,
            python,
            wrap,
          }),
        env,
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Any interpreter will do: it is only asked what it is. */
async function reachable(
  user: ResolverUser,
  own: string,
): Promise<string | undefined> {
  for (const python of [own, '/usr/bin/python3', '/usr/local/bin/python3']) {
    if (await user.reaches(python)) return python;
  }
  return undefined;
}
