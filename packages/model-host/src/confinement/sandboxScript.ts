import { existsSync, lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { shellQuote } from './shellQuote';

/** Programs and libraries of the system; everybody may read them. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'];
/** Certificates, beside the small files that are copied. */
const CERTIFICATES = ['/etc/ssl', '/etc/pki', '/etc/ca-certificates'];
/** Names of servers and people, the clock's zone, where libraries lie. */
const SMALL = [
  'resolv.conf',
  'hosts',
  'host.conf',
  'nsswitch.conf',
  'services',
  'passwd',
  'group',
  'localtime',
  'ld.so.cache',
  'mime.types',
].map(name => `/etc/${name}`);
const GROUPS = '/sys/fs/cgroup';
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'].map(
  name => `/dev/${name}`,
);

/** What a runner sees of the machine's files. */
export interface Sandbox {
  /** An empty folder, where its file tree is put together; one for all runners will do, for each has mounts of its own. */
  root: string;
  /** Files and folders by their real paths, seen read-only, at the same paths. */
  readable: string[];
  /** A folder by its real path. */
  writable: string;
  /** Of its GPUs. */
  devices: string[];
}

/**
 * Lines of a shell script, for a process with mounts of its own and the right
 * to change them: makes a file tree with nothing in it but the system's
 * programs, what is named, and an empty `/tmp` in memory. Whatever else the
 * machine has is not refused to the runner: it is not there. Paths stay the
 * same, and the modes of folders above them do not matter.
 */
export function sandboxScript(sandbox: Sandbox): string[] {
  const { root, writable } = sandbox;
  const links = SYSTEM.filter(path => isLink(path));
  const readable = outermost(
    [...SYSTEM, ...CERTIFICATES, ...sandbox.readable].filter(
      path => existsSync(path) && !isLink(path),
    ),
  );
  const devices = [...DEVICES, ...sandbox.devices].filter(path =>
    existsSync(path),
  );
  const isFolder = (path: string) => statSync(path).isDirectory();
  const folders = [
    ...readable.map(path => (isFolder(path) ? path : dirname(path))),
    writable,
    '/etc',
    '/proc',
    '/sys',
    '/tmp',
    '/dev/shm',
  ];
  const files = [...readable.filter(path => !isFolder(path)), ...devices];
  const mounts = [
    // What may be written to in a tree that is read-only itself.
    ...['/tmp', '/dev/shm'].map(path => [path, 'bind', root + path]),
    ...readable.map(path => [path, 'bind,ro,nosuid,nodev']),
    [writable, 'bind'],
    ...devices.map(path => [path, 'bind']),
    ['/proc', 'rbind'],
    ['/sys', 'rbind'],
    // Groups of the kernel are its owner's to change, and that may be the runner's user.
    ...(existsSync(GROUPS)
      ? [[GROUPS, 'ro,nosuid,nodev,noexec,mode=0555', 'nothing', 'tmpfs']]
      : []),
  ];
  return [
    'command_path=$PATH',
    'PATH=$PATH:/usr/sbin:/sbin',
    `mount -t tmpfs -o mode=0755,size=64m,nosuid tmpfs ${shellQuote(root)}`,
    `cd ${shellQuote(root)}`,
    `mkdir -p ${folders.map(path => shellQuote(`.${path}`)).join(' ')}`,
    'chmod 1777 tmp dev/shm',
    ...files.map(path => `: > ${shellQuote(`.${path}`)}`),
    ...(links.length > 0 ? [`cp -P ${links.join(' ')} .`] : []),
    'ln -s /proc/self/fd dev/fd',
    `cp -L ${SMALL.filter(path => existsSync(path)).join(' ')} etc`,
    // All at once: a program's start for each would be most of the runner's own.
    `cat > etc/fstab <<'END-OF-MOUNTS'`,
    ...mounts.map(
      ([path, options, source = path, type = 'none']) =>
        `${escaped(source)} ${escaped(root + path)} ${type} ${options} 0 0`,
    ),
    'END-OF-MOUNTS',
    'mount -a -T etc/fstab',
    `mount -o remount,bind,ro,nosuid ${shellQuote(root)}`,
    'pivot_root . .',
    'umount -l .',
    'PATH=$command_path',
  ];
}

/** Without those that lie in another one. */
function outermost(paths: string[]): string[] {
  return [...new Set(paths)].filter(
    path => !paths.some(other => path.startsWith(`${other}/`)),
  );
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** As fstab writes paths. */
function escaped(path: string): string {
  return path.replace(
    /[\s\\#]/g,
    character => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
