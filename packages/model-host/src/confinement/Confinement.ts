import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { HostState } from '@model-platform/model-wire';
import { DataFolder } from '../DataFolder';
import { HostSettings } from '../HostSettings';
import { Launch } from '../Supervisor';
import { ControlGroups } from './ControlGroups';
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
  readonly state: HostState['confinement'];
  readonly groups: ControlGroups | undefined;
  readonly #folder: DataFolder;
  readonly #users: UserIds | undefined;
  readonly #tools: Tools;
  readonly #reached = new Map<string, boolean>();
  readonly #warn: (message: string) => void;

  private constructor(options: {
    level: Level;
    reasons: string[];
    folder: DataFolder;
    users: UserIds | undefined;
    groups: ControlGroups | undefined;
    tools: Tools;
    warn: (message: string) => void;
  }) {
    const { level, reasons, folder, users, groups, tools, warn } = options;
    this.#folder = folder;
    this.#users = level === 'none' ? undefined : users;
    this.groups = groups;
    this.#tools = tools;
    this.#warn = warn;
    const memory = groups?.limitsMemory ? 'group' : 'watched';
    const cpu = groups?.limitsCpu ? 'group' : 'threads';
    this.state = {
      level,
      ownUser: this.#users !== undefined,
      memory,
      cpu,
      summary: summaryOf({
        level,
        ownUser: this.#users !== undefined,
        noNewPrivileges: tools.setpriv !== undefined,
        groups,
      }),
      reasons,
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
        reasons,
        folder,
        groups,
        tools,
        warn,
      });
      const problem = confinement.#whyImpossible(level, programs);
      if (problem === undefined) {
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
    const rest = { folder, users, groups, tools, warn };
    return new Confinement({ level: 'none', reasons, ...rest });
  }

  /** A new scratch folder, files that its user may read, and the way into confinement. */
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
      if (this.state.level === 'user') {
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
    const isSandbox = this.state.level === 'sandbox';
    const isLinux = process.platform === 'linux';
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
      `cd ${shellQuote(cwd)}`,
      'umask 077',
      `exec ${[
        ...(this.groups?.limitsCpu ? [] : ['nice', '-n', String(NICE)]),
        ...(setpriv ? [setpriv, ...privileges(user, isSandbox)] : []),
      ].join(' ')} "$@"`,
    ].join('\n');
    const shell = ['/bin/sh', '-c', script, 'sh', command, ...args];
    const isRoot = process.getuid?.() === 0;
    const [first, ...rest] =
      isSandbox && unshare
        ? [
            unshare,
            ...(isRoot ? [] : ['--user', '--map-root-user']),
            '--mount',
            '--propagation',
            'private',
            '--',
            ...shell,
          ]
        : shell;
    return { command: first, args: rest, env, cwd };
  }

  #userOf(launch: ConfinedLaunch): number | undefined {
    if (!this.#users) {
      return undefined;
    }
    const user = this.#users.of(launch.system);
    if (this.state.level === 'sandbox' || this.#reaches(launch, user)) {
      return user;
    }
    return undefined;
  }

  /** Whether an unprivileged user gets to a program, whose folders are not ours to open. */
  #reaches({ command, cwd }: ConfinedLaunch, user: number): boolean {
    const known = this.#reached.get(command);
    if (known !== undefined) {
      return known;
    }
    const { setpriv = '' } = this.#tools;
    let reaches = true;
    try {
      openWayTo(command, this.#folder.dataDir);
      execFileSync(
        setpriv,
        [...privileges(user, false), command, '--version'],
        {
          stdio: 'pipe',
          timeout: CHECK_TIMEOUT_MS,
          cwd: '/',
        },
      );
    } catch {
      reaches = false;
      this.#warn(
        `${command} cannot be reached by another user than the platform's, since a folder above it is closed to others: its runners run as the platform's own user and can read all that it can. Open the folders, or install it where everybody gets to`,
      );
    }
    mkdirSync(cwd, { recursive: true, mode: 0o700 });
    this.#reached.set(command, reaches);
    return reaches;
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
      const { stderr, message } = error as Error & { stderr?: Buffer };
      return (stderr?.toString().trim() || message).split('\n')[0];
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
    : `runners are confined: ${parts.join(', ')}`;
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
