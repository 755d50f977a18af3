import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pause } from '../pause';
import { shellQuote } from './shellQuote';

const PERIOD_US = 100_000;
const REMOVE_TRIES = 50;
/** Name of the group that the host's own processes are in, where they had one to themselves (`DelegateSubgroup=host`). */
const LEAF = 'host';

type Controller = 'memory' | 'cpu';

/** What the two versions of the kernel's interface call things. */
const NAMES = {
  v1: {
    memory: 'memory.limit_in_bytes',
    swap: 'memory.memsw.limit_in_bytes',
    kills: 'memory.oom_control',
  },
  v2: {
    memory: 'memory.max',
    swap: 'memory.swap.max',
    kills: 'memory.events',
  },
} as const;

/**
 * Groups of the Linux kernel that hold runners to their memory and CPU, one a
 * runner. Made where the machine lets us: as root, or in a service that has
 * its group to itself (`Delegate=yes`).
 */
export class ControlGroups {
  /** Parent of our groups, by what it controls; of version 2 the same for both. */
  readonly #parents: Partial<Record<Controller, string>>;
  readonly version: 'v1' | 'v2';

  private constructor(
    version: 'v1' | 'v2',
    parents: Partial<Record<Controller, string>>,
  ) {
    this.version = version;
    this.#parents = parents;
  }

  /** What works here, found out by doing it; undefined where nothing does. */
  static detect(name: string): ControlGroups | undefined {
    if (process.platform !== 'linux') {
      return undefined;
    }
    for (const make of [unified, perController]) {
      const groups = make(name);
      if (groups) {
        return groups;
      }
    }
    return undefined;

    function unified(child: string): ControlGroups | undefined {
      const parent = unifiedParent(child);
      const found =
        parent &&
        new ControlGroups('v2', {
          memory: controls(parent, 'memory') ? parent : undefined,
          cpu: controls(parent, 'cpu') ? parent : undefined,
        });
      return found && found.#works() ? found : undefined;
    }

    function perController(child: string): ControlGroups | undefined {
      const parents: Partial<Record<Controller, string>> = {};
      for (const controller of ['memory', 'cpu'] as const) {
        const parent = controllerParent(controller, child);
        if (
          parent &&
          new ControlGroups('v1', { [controller]: parent }).#works()
        ) {
          parents[controller] = parent;
        }
      }
      return Object.keys(parents).length > 0
        ? new ControlGroups('v1', parents)
        : undefined;
    }
  }

  get limitsMemory(): boolean {
    return this.#parents.memory !== undefined;
  }

  get limitsCpu(): boolean {
    return this.#parents.cpu !== undefined;
  }

  /** Makes a runner's group. Returns the files that take the pid of who is to be in it. */
  make(id: string, limits: { memoryBytes?: number }): string[] {
    const folders = this.#foldersOf(id);
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true });
      // Of the runner's last life.
      processesIn(folder).forEach(endNow);
    }
    this.limitCpu(id, undefined);
    const { memory } = this.#parents;
    if (memory) {
      const folder = join(memory, id);
      const names = NAMES[this.version];
      const none = this.version === 'v1' ? '-1' : 'max';
      const limit = limits.memoryBytes?.toString() ?? none;
      // Version 1 counts memory and swap together, and that limit may not be the lower one.
      if (this.version === 'v1') {
        writeIfThere(join(folder, names.swap), '-1');
      }
      writeFileSync(join(folder, names.memory), limit);
      if (this.version === 'v1') {
        writeIfThere(join(folder, names.swap), limit);
      } else if (limits.memoryBytes !== undefined) {
        writeIfThere(join(folder, names.swap), '0');
      }
    }
    return folders.map(folder => join(folder, 'cgroup.procs'));
  }

  /** From now on; without a limit where undefined. */
  limitCpu(id: string, cores: number | undefined): void {
    const { cpu } = this.#parents;
    const folder = cpu && join(cpu, id);
    if (!folder || !existsSync(folder)) {
      return;
    }
    const quota =
      cores === undefined
        ? undefined
        : String(Math.max(1_000, Math.round(cores * PERIOD_US)));
    try {
      if (this.version === 'v2') {
        writeFileSync(
          join(folder, 'cpu.max'),
          `${quota ?? 'max'} ${PERIOD_US}`,
        );
      } else {
        writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
        writeFileSync(join(folder, 'cpu.cfs_quota_us'), quota ?? '-1');
      }
    } catch {
      // More than the group around it has: that one's limit holds. Or it has just ended.
    }
  }

  /** How many processes of the group were killed over its memory so far. */
  memoryKills(id: string): number {
    const { memory } = this.#parents;
    const text = memory && read(join(memory, id, NAMES[this.version].kills));
    return Number(/^oom_kill (\d+)/m.exec(text ?? '')?.[1] ?? 0);
  }

  /** Groups that an earlier host left. */
  ids(): string[] {
    const parents = new Set(Object.values(this.#parents));
    return [...parents].flatMap(parent =>
      readdirSync(parent, { withFileTypes: true })
        .filter(entry => entry.isDirectory())
        .map(({ name }) => name),
    );
  }

  /** Ends what is left in a group, which its runner may have started and left behind, and removes it. */
  async remove(id: string): Promise<void> {
    for (const folder of this.#foldersOf(id)) {
      for (let tries = 0; existsSync(folder); tries += 1) {
        processesIn(folder).forEach(endNow);
        try {
          rmdirSync(folder);
        } catch (error) {
          if (tries >= REMOVE_TRIES) {
            throw error;
          }
          await pause(20);
        }
      }
    }
  }

  /** The last step: nothing of ours is left, unless a runner is. */
  removeAll(): void {
    for (const parent of new Set(Object.values(this.#parents))) {
      removeIfEmpty(parent);
    }
  }

  #foldersOf(id: string): string[] {
    return [...new Set(Object.values(this.#parents))].map(parent =>
      join(parent, id),
    );
  }

  /** A process can be put into a group with limits. */
  #works(): boolean {
    const id = `check-${process.pid}`;
    try {
      if (!this.limitsMemory && !this.limitsCpu) {
        return false;
      }
      const joins = this.make(id, { memoryBytes: 64 * 1024 * 1024 });
      this.limitCpu(id, 1);
      const script = joins.map(file => `echo $$ > ${shellQuote(file)}`);
      execFileSync('/bin/sh', ['-c', ['set -e', ...script].join('\n')], {
        stdio: 'ignore',
        timeout: 5_000,
      });
      return true;
    } catch {
      return false;
    } finally {
      this.#foldersOf(id).forEach(removeIfEmpty);
    }
  }
}

/** Version 2: a group at the top where that is ours to make, else in the one we run in. */
function unifiedParent(name: string): string | undefined {
  const top = '/sys/fs/cgroup';
  const own = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1];
  if (!existsSync(join(top, 'cgroup.controllers')) || own === undefined) {
    return undefined;
  }
  try {
    if (process.getuid?.() === 0 && controls(top, 'memory')) {
      return passingOn(join(top, name));
    }
    const isLeaf = own.endsWith(`/${LEAF}`);
    const base = join(top, isLeaf ? own.slice(0, -LEAF.length - 1) : own);
    if (!controls(base, 'memory')) {
      // Groups that pass controllers on may hold no processes themselves.
      const leaf = join(base, LEAF);
      mkdirSync(leaf, { recursive: true });
      for (const pid of processesIn(base)) {
        writeFileSync(join(leaf, 'cgroup.procs'), String(pid));
      }
      passingOn(base);
    }
    return passingOn(join(base, name));
  } catch {
    return undefined;
  }
}

/** Makes a group whose children are controlled as far as it is itself. */
function passingOn(group: string): string {
  mkdirSync(group, { recursive: true });
  const there = (read(join(group, 'cgroup.controllers')) ?? '').split(/\s+/);
  const wanted = ['memory', 'cpu'].filter(name => there.includes(name));
  writeFileSync(
    join(group, 'cgroup.subtree_control'),
    wanted.map(name => `+${name}`).join(' '),
  );
  return group;
}

/** Version 1: below the group we run in, in the controller's own tree. */
function controllerParent(
  controller: Controller,
  name: string,
): string | undefined {
  const has = (list: string) => list.split(',').includes(controller);
  const own = read('/proc/self/cgroup')
    ?.split('\n')
    .map(line => line.split(':'))
    .find(([, controllers = '']) => has(controllers))?.[2];
  const mount = read('/proc/self/mountinfo')
    ?.split('\n')
    .map(line => line.split(' '))
    .find(
      fields => fields.includes('cgroup') && has(fields[fields.length - 1]),
    );
  if (own === undefined || !mount) {
    return undefined;
  }
  const [, , , root, folder] = mount;
  const below = own.startsWith(root) ? own.slice(root.length) : '';
  const parent = join(folder, root === '/' ? own : below, name);
  try {
    mkdirSync(parent, { recursive: true });
    return parent;
  } catch {
    return undefined;
  }
}

function processesIn(group: string): number[] {
  const text = read(join(group, 'cgroup.procs')) ?? '';
  return text.split('\n').filter(Boolean).map(Number);
}

function controls(group: string, controller: Controller): boolean {
  const list = read(join(group, 'cgroup.subtree_control')) ?? '';
  return list.trim().split(' ').includes(controller);
}

function removeIfEmpty(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // It is not there, or in use.
  }
}

function writeIfThere(path: string, text: string): void {
  if (existsSync(path)) {
    writeFileSync(path, text);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
