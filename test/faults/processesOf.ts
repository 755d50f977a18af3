import fs from 'node:fs';
import path from 'node:path';

/** Processes that work for a data folder, by what they were started for. */
export interface PlatformProcesses {
  portals: number[];
  hosts: number[];
  gateways: number[];
  runners: number[];
}

/**
 * Asks the operating system, not the platform: what nobody remembers is found
 * too. Undefined where processes don't show their environment.
 */
export function processesOf(dataDir: string): PlatformProcesses | undefined {
  if (process.platform !== 'linux') return undefined;
  const found: PlatformProcesses = {
    portals: [],
    hosts: [],
    gateways: [],
    runners: [],
  };
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const of = path.join('/proc', entry);
      const stat = fs.readFileSync(path.join(of, 'stat'), 'utf8');
      const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
      const environment = new Map(
        fs
          .readFileSync(path.join(of, 'environ'), 'utf8')
          .split('\0')
          .map(line => line.split(/=(.*)/s, 2) as [string, string]),
      );
      const command = fs.readFileSync(path.join(of, 'cmdline'), 'utf8');
      // A runner's own children go with it.
      if (session !== entry && environment.has('MODEL_DIR')) continue;
      if (environment.get('MODEL_DIR')?.startsWith(`${dataDir}/`)) {
        found.runners.push(Number(entry));
      } else if (fs.readlinkSync(path.join(of, 'cwd')) === `${dataDir}/host`) {
        if (environment.has('ADMIN_SECRET')) found.gateways.push(Number(entry));
      } else if (environment.get('MODEL_PLATFORM_DATA_DIR') === dataDir) {
        if (command.includes('model-host')) found.hosts.push(Number(entry));
        if (command.includes('backend/dist')) found.portals.push(Number(entry));
      }
    } catch {
      // Gone in the meantime, or somebody else's.
    }
  }
  return found;
}

/** Ends what a failed test left behind. */
export function endProcessesOf(dataDir: string): void {
  const { portals, hosts, gateways, runners } = processesOf(dataDir) ?? {
    portals: [],
    hosts: [],
    gateways: [],
    runners: [],
  };
  for (const pid of [...portals, ...hosts, ...gateways, ...runners]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
}
