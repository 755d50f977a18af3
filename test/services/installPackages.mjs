import { run } from '../../scripts/lib/run.mjs';

let last = Promise.resolve();

/** Packages of Debian, for root. One call after the other: apt-get refuses to run twice at a time. */
export function installPackages(names) {
  const installed = last.then(() =>
    run('sh', [
      '-c',
      'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"',
      'sh',
      ...names,
    ]),
  );
  last = installed.catch(() => undefined);
  return installed;
}
