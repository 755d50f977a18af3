import { access, chown, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { run } from './run';

/** Nobody's account, and none of those that runners get. */
const USER = '59999';

/**
 * Who resolves what strangers ask for: where the platform runs as root, a user
 * who may read what all may, and write nothing but its own folder.
 */
export class ResolverUser {
  /** @returns undefined where the platform is no root, or has no `setpriv` */
  static async find(): Promise<ResolverUser | undefined> {
    if (process.getuid?.() !== 0) return undefined;
    const program = await findProgram('setpriv');
    return program === undefined ? undefined : new ResolverUser(program);
  }

  private constructor(private readonly setpriv: string) {}

  /** Gives a file or folder away. */
  async own(path: string): Promise<void> {
    await chown(path, Number(USER), Number(USER));
  }

  /** A command line that runs another one so. */
  commandOf(command: string, args: string[]): [string, string[]] {
    return [
      this.setpriv,
      [
        ...['--reuid', USER, '--regid', USER, '--clear-groups'],
        ...['--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'],
        ...['--', command, ...args],
      ],
    ];
  }

  /** Whether it gets to a program: a folder above it may be closed to others. */
  async reaches(program: string): Promise<boolean> {
    // setpriv itself still gets everywhere, and so does what it starts first.
    const shell = ['-c', 'exec "$0" --version', program];
    return await run(...this.commandOf('/bin/sh', shell), {
      cwd: '/',
      env: {},
    }).then(
      () => true,
      () => false,
    );
  }
}

/** Where a program of this machine is. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder && isThere) return file;
  }
  return undefined;
}
