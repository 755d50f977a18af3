import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { HostState } from '@model-platform/model-wire';
import { cleanEnvironment } from '../cleanEnvironment';
import { DataFolder } from '../DataFolder';
import { HostSettings } from '../HostSettings';
import { Launch } from '../Supervisor';
import { closedFolders } from './closedFolders';
import { ControlGroups } from './ControlGroups';
import { MemoryWatch } from './MemoryWatch';
import { emptyFolder, openToAll, openToGroup, openWayTo } from './openToRunner';
import { sandboxScript } from './sandboxScript';
import { shellQuote } from './shellQuote';
import { UserIds } from './UserIds';

const CHECK_TIMEOUT_MS = 10_000;
/** Where no group of the kernel holds runners to their CPU, the platform's own processes go first. */
const NICE = 5;

type Level = HostState['confinement']['level'];

/** What is started, and what it may see. */
export interface ConfinedLaunch extends Launch {
  id: string;
  /** Whose model it is: runners of one system share a user id. */
  system: string;
  memoryBytes?: number;
  gpus: number;
  /** Folders and files of programs, of no secret content. */
  programs: string[];
  /** Of the version and its endpoint; nobody's but the system's. */
  files: string[];
}

/**
 * What keeps runners apart from the platform, from each other and from the rest
 * of the machine; as much as this machine allows, found out once by trying.
 */
export class Confinement {
  readonly groups: ControlGroups | undefined;
  readonly memoryWatch = new MemoryWatch();
  readonly #level: Level;
  /** Whether the level was asked for, so that nothing weaker will do. */
  readonly #isDemanded: boolean;
  readonly #reasons: string[];
  readonly #folder: DataFolder;
  readonly #users: UserIds | undefined;
  readonly #tools: Tools;
  /** By program: why another user does not get to it, if so. */
  readonly #weaknesses = new Map<string, string | undefined>();
  readonly #warn: (message: string) => void;

  private constructor(options: {
    level: Level;
    isDemanded: boolean;
    reasons: string[];
    folder: DataFolder;
    users: UserIds | undefined;
    groups: ControlGroups | undefined;
    tools: Tools;
    warn: (message: string) => void;
  }) {
    this.#level = options.level;
    this.#isDemanded = options.isDemanded;
    this.#reasons = options.reasons;
    this.#folder = options.folder;
    this.#users = options.level === 'none' ? undefined : options.users;
    this.groups = options.groups;
    this.#tools = options.tools;
    this.#warn = options.warn;
  }

  get level(): Level {
    return this.#level;
  }

  /** As it is by now: programs of which runners have come may be out of reach. */
  get state(): HostState['confinement'] {
    const weak = [...this.#weaknesses].filter(([, why]) => why !== undefined);
    const isWeak = weak.length > 0 && !this.#isDemanded;
    return {
      level: this.#level,
      ownUser: this.#users !== undefined && !isWeak,
      memory: this.groups?.limitsMemory ? 'group' : 'watched',
      cpu: this.groups?.limitsCpu ? 'group' : 'threads',
      summary: [
        summaryOf({
          level: this.#level,
          ownUser: this.#users !== undefined,
          noNewPrivileges: this.#tools.setpriv !== undefined,
          groups: this.groups,
        }),
        ...weak.map(([program, why]) =>
          this.#isDemanded
            ? `but runners of ${program} are not started, for ${why}`
            : `but runners of ${program} run as the platform's user, for ${why}`,
        ),
      ].join('; '),
      reasons: this.#reasons,
    };
  }

  /**
   * @param program - what a runner must be able to reach, to try with
   * @throws Error where settings ask for more than this machine allows
   */
  static detect(
    settings: HostSettings,
    folder: DataFolder,
    programs: string[],
    warn: (message: string) => void,
  ): Confinement {
    const tools = findTools();
    const isRoot = process.getuid?.() === 0;
    const users =
      isRoot && tools.setpriv
        ? new UserIds(folder.userIdsFile, settings.runnerUserIds)
        : undefined;
    const name = createHash('sha256').update(settings.dataDir).digest('hex');
    const groups =
      settings.confinement === 'none'
        ? undefined
        : ControlGroups.detect(`model-platform-${name.slice(0, 12)}`);
    const reasons: string[] = [];
    const wanted = settings.confinement;
    const attempts = [
      { level: 'sandbox', users },
      { level: 'user', users },
      // A root that is one in a container only may lack further users.
      ...(users ? [{ level: 'sandbox', users: undefined } as const] : []),
    ] as const;
    for (const attempt of attempts.filter(
      ({ level }) => wanted === 'auto' || wanted === level,
    )) {
      const { level } = attempt;
      const confinement = new Confinement({
        ...attempt,
        isDemanded: wanted !== 'auto',
        reasons,
        folder,
        groups,
        tools,
        warn,
      });
      const problem = confinement.#whyImpossible(level, programs);
      if (problem === undefined) {
        if (settings.python) {
          confinement.#whyUnreached(settings.python);
        }
        return confinement;
      }
      reasons.push(`${level}: ${problem}`);
    }
    if (wanted !== 'auto' && wanted !== 'none') {
      throw new Error(
        `RUNNER_CONFINEMENT is '${wanted}', which is not possible on this machine: ${reasons.join(
          '; ',
        )}`,
      );
    }
    const rest = { folder, users, groups, tools, warn, isDemanded: false };
    return new Confinement({ level: 'none', reasons, ...rest });
  }

  /** Why runners of a program are started without a user of their own, where others have one. */
  weaknessOf(command: string): string | undefined {
    return this.#isDemanded ? undefined : this.#whyUnreached(command);
  }

  /**
   * A new scratch folder, files that its user may read, and the way into confinement.
   *
   * @throws Error where that is less than what is demanded
   */
  prepare(launch: ConfinedLaunch): Launch {
    const { id, files, programs, cwd } = launch;
    const user = this.#userOf(launch);
    emptyFolder(cwd, user);
    if (user !== undefined) {
      for (const path of files) {
        openToGroup(path, user);
      }
      for (const path of programs.filter(place => this.#isOurs(place))) {
        openToAll(path);
      }
      if (this.#level === 'user') {
        for (const path of [...files, ...programs, cwd]) {
          openWayTo(path, this.#folder.dataDir);
        }
      }
    }
    const joins = this.groups?.make(id, launch) ?? [];
    return this.#confined(launch, user, joins);
  }

  /** What an ended runner left running goes, and its scratch folder. */
  async clear(id: string, scratch: string): Promise<void> {
    try {
      await this.groups?.remove(id);
    } catch (error) {
      this.#warn(
        `the group of ${id} could not be removed: ${(error as Error).message}`,
      );
    }
    rmSync(scratch, { recursive: true, force: true });
  }

  #confined(
    { command, args, env, cwd, files, programs, gpus }: ConfinedLaunch,
    user: number | undefined,
    joins: string[],
  ): Launch {
    const { unshare, setpriv } = this.#tools;
    const isSandbox = this.#level === 'sandbox';
    const isLinux = process.platform === 'linux';
    const hasOwnUsers = isSandbox && process.getuid?.() !== 0;
    const script = [
      'set -e',
      'umask 022',
      ...joins.map(file => `echo $$ > ${shellQuote(file)}`),
      'ulimit -c 0',
      // A machine out of memory loses a runner, not the portal.
      ...(isLinux ? ['echo 500 > /proc/self/oom_score_adj || :'] : []),
      ...(isSandbox
        ? sandboxScript({
            root: this.#folder.runnerRoot,
            readable: realPaths([...files, ...programs]),
            writable: realpathSync(cwd),
            devices: gpus > 0 ? gpuDevices() : [],
          })
        : []),
      // Of this namespace alone: in a further one, a runner could mount anew what is hidden from it.
      ...(hasOwnUsers ? ['echo 0 > /proc/sys/user/max_user_namespaces'] : []),
      `cd ${shellQuote(cwd)}`,
      'umask 077',
      `exec ${[
        ...(this.groups?.limitsCpu ? [] : ['nice', '-n', String(NICE)]),
        ...(setpriv ? [setpriv, ...privileges(user, isSandbox)] : []),
      ].join(' ')} "$@"`,
    ].join('\n');
    const shell = ['/bin/sh', '-c', script, 'sh', command, ...args];
    const [first, ...rest] =
      isSandbox && unshare
        ? [
            unshare,
            ...(hasOwnUsers ? ['--user', '--map-root-user'] : []),
            '--mount',
            '--propagation',
            'private',
            '--',
            ...shell,
          ]
        : shell;
    return { command: first, args: rest, env, cwd };
  }

  #userOf({ system, command }: ConfinedLaunch): number | undefined {
    if (!this.#users) {
      return undefined;
    }
    if (this.#weaknesses.get(command) !== undefined) {
      // It may have been opened since.
      this.#weaknesses.delete(command);
    }
    const weakness = this.#whyUnreached(command);
    if (weakness === undefined) {
      return this.#users.of(system);
    }
    if (this.#isDemanded) {
      throw new Error(
        `RUNNER_CONFINEMENT is '${this.#level}', and ${weakness}`,
      );
    }
    this.#warn(
      `${command}: its runners run as the platform's user and can read all that it can, for ${weakness}`,
    );
    return undefined;
  }

  /** Where the level is a user of its own: what keeps that from a program, if anything does. */
  #whyUnreached(command: string): string | undefined {
    // That Node is reached was found out with the level.
    const isKnown = command === process.execPath;
    if (!this.#users || this.#level !== 'user' || isKnown) {
      return undefined;
    }
    if (!this.#weaknesses.has(command)) {
      const why = this.#tryAs(this.#users.of(''), command);
      this.#weaknesses.set(command, why);
    }
    return this.#weaknesses.get(command);
  }

  /** Folders above a program need not be ours to open. */
  #tryAs(user: number, command: string): string | undefined {
    const { setpriv = '' } = this.#tools;
    try {
      openWayTo(command, this.#folder.dataDir);
      // By a shell: setpriv itself still has root's way through closed folders.
      const shell = ['/bin/sh', '-c', 'exec "$0" --version', command];
      execFileSync(setpriv, [...privileges(user, false), ...shell], {
        stdio: 'pipe',
        timeout: CHECK_TIMEOUT_MS,
        cwd: '/',
        env: cleanEnvironment(),
      });
      return undefined;
    } catch (error) {
      const closed = closedFolders(command);
      return `another user does not get to ${command}: ${
        closed.length > 0
          ? `open the folders above it (chmod o+x ${closed.join(
              ' ',
            )}), or install it where everybody gets to`
          : sayingOf(error)
      }`;
    }
  }

  #whyImpossible(level: Level, programs: string[]): string | undefined {
    const { unshare, setpriv } = this.#tools;
    if (process.platform !== 'linux') {
      return 'it needs Linux';
    }
    if (!setpriv || (level === 'sandbox' && !unshare)) {
      return 'the programs setpriv and unshare of util-linux are not installed';
    }
    if (level === 'user' && !this.#users) {
      return 'the platform does not run as root';
    }
    const cwd = join(this.#folder.scratch, 'check');
    try {
      const user = this.#users?.of('');
      emptyFolder(cwd, user);
      if (level === 'user') {
        openWayTo(cwd, this.#folder.dataDir);
      }
      const { command, args, env } = this.#confined(
        {
          id: 'check',
          system: '',
          gpus: 0,
          command: process.execPath,
          args: ['--version'],
          env: { PATH: process.env.PATH ?? '' },
          cwd,
          files: [],
          programs,
        },
        user,
        [],
      );
      execFileSync(command, args, {
        env,
        cwd: '/',
        stdio: 'pipe',
        timeout: CHECK_TIMEOUT_MS,
      });
      return undefined;
    } catch (error) {
      return sayingOf(error);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  }

  /** Others' programs have the modes that their makers gave them. */
  #isOurs(path: string): boolean {
    return path.startsWith(`${this.#folder.dataDir}/`) && existsSync(path);
  }
}

interface Tools {
  setpriv: string | undefined;
  unshare: string | undefined;
}

function findTools(): Tools {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/bin',
    '/usr/sbin',
    '/sbin',
  ];
  const find = (name: string) =>
    process.platform === 'linux'
      ? folders
          .map(folder => join(folder, name))
          .find(path => path.startsWith('/') && existsSync(path))
      : undefined;
  return { setpriv: find('setpriv'), unshare: find('unshare') };
}

/** First line of what a failed program said. */
function sayingOf(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: Buffer };
  return (stderr?.toString().trim() || message).split('\n')[0];
}

/** Arguments of setpriv. */
function privileges(user: number | undefined, isSandbox: boolean): string[] {
  return [
    '--no-new-privs',
    ...(user === undefined
      ? []
      : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']),
    // Only who has capabilities may give them up.
    ...(user !== undefined || isSandbox
      ? ['--bounding-set=-all', '--inh-caps=-all']
      : []),
    '--',
  ];
}

function realPaths(paths: string[]): string[] {
  return paths
    .filter(path => existsSync(path))
    .flatMap(path => [path, realpathSync(path)]);
}

function gpuDevices(): string[] {
  return readdirSync('/dev')
    .filter(
      name => name.startsWith('nvidia') || name === 'dri' || name === 'kfd',
    )
    .map(name => `/dev/${name}`);
}

function summaryOf(options: {
  level: Level;
  ownUser: boolean;
  noNewPrivileges: boolean;
  groups: ControlGroups | undefined;
}): string {
  const { level, ownUser, noNewPrivileges, groups } = options;
  const parts = [
    ...(level === 'sandbox' ? ['a file tree of their own'] : []),
    ...(ownUser ? ['a user of their own for each system'] : []),
    ...(noNewPrivileges ? ['no new privileges'] : []),
    groups?.limitsMemory
      ? `memory held by cgroup ${groups.version}`
      : 'memory watched by the host',
    groups?.limitsCpu
      ? `CPU held by cgroup ${groups.version}`
      : 'CPU by number of threads',
  ];
  return level === 'none'
    ? `runners are not confined: they run as the platform's user and can read what it can (${parts.join(
        ', ',
      )})`
    : `runners are confined: ${parts.join(', ')}${
        ownUser
          ? ''
          : "; they run as the platform's user, and can end its processes and each other"
      }`;
}

/** Folders of a Python that its environments use: where it lies, and its libraries. */
export function pythonFolders(interpreter: string): string[] {
  const environment = dirname(dirname(interpreter));
  const home = /^home *= *(.+)$/m.exec(
    readText(join(environment, 'pyvenv.cfg')) ?? '',
  )?.[1];
  const places = [
    dirname(realpathSync(interpreter)),
    ...(home ? [home.trim(), realpathOf(home.trim())] : []),
  ];
  return [
    ...(home ? [environment] : []),
    ...places.flatMap(place => [
      place,
      join(dirname(place), 'lib'),
      join(dirname(place), 'lib64'),
    ]),
  ].filter(path => existsSync(path));
}

function realpathOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
