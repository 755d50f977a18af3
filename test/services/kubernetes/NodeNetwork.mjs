import fs from 'node:fs';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';

const CGROUPS = '/sys/fs/cgroup';

/**
 * The network namespace of a node, joined to this machine by a pair of links,
 * with ranges of addresses that no other run has: the name of the namespace is
 * taken by who makes it first.
 */
export class NodeNetwork {
  static async create() {
    for (let number = 1; number < 255; number++) {
      const network = new NodeNetwork(number);
      try {
        await run('ip', ['netns', 'add', network.name]);
      } catch (error) {
        if (/exists/.test(error.message)) continue;
        throw error;
      }
      try {
        await network.#setUp();
      } catch (error) {
        await network.remove();
        throw error;
      }
      return network;
    }
    throw new Error(
      'Every network of model-platform-node-<n> is taken: `ip netns` shows them, `ip netns del` ends what runs of tests left',
    );
  }

  constructor(number) {
    this.number = number;
    this.name = `model-platform-node-${number}`;
    this.link = `mp-${number}`;
    this.hostAddress = `10.200.${number}.1`;
    this.nodeAddress = `10.200.${number}.2`;
    this.pods = `10.244.${number}.0/24`;
    this.services = `10.96.${number}.0/24`;
    this.cgroup = `/${this.name}`;
  }

  /** @returns the command in it */
  enter(...command) {
    return [`--net=/run/netns/${this.name}`, ...command];
  }

  /** Whether any process is in it. */
  async isInhabited() {
    return (await run('ip', ['netns', 'pids', this.name])).trim() !== '';
  }

  async #setUp() {
    const { name, link, hostAddress, nodeAddress } = this;
    const ip = (...args) => run('ip', args);
    await ip(
      ...`link add ${link} type veth peer name eth0 netns ${name}`.split(' '),
    );
    await ip('addr', 'add', `${hostAddress}/24`, 'dev', link);
    await ip('link', 'set', link, 'up');
    await ip('-n', name, 'addr', 'add', `${nodeAddress}/24`, 'dev', 'eth0');
    for (const one of ['eth0', 'lo'])
      await ip('-n', name, 'link', 'set', one, 'up');
    await ip('-n', name, 'route', 'add', 'default', 'via', hostAddress);
    for (const range of [this.pods, this.services])
      await ip('route', 'add', range, 'via', nodeAddress);
    await run(
      'nsenter',
      this.enter('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'),
    );
    for (const folder of this.#cgroupFolders()) {
      fs.mkdirSync(folder, { recursive: true });
      // A new one has no processors and no memory.
      for (const file of ['cpuset.cpus', 'cpuset.mems']) {
        const above = path.join(path.dirname(folder), file);
        if (fs.existsSync(above))
          fs.writeFileSync(path.join(folder, file), fs.readFileSync(above));
      }
    }
  }

  async remove() {
    await run('ip', ['netns', 'del', this.name]).catch(() => undefined);
    await run('ip', ['link', 'del', this.link]).catch(() => undefined);
    for (const folder of this.#cgroupFolders()) {
      // Their files are not files: only empty folders can be removed, from below.
      await run('find', [folder, '-depth', '-type', 'd', '-delete']).catch(
        () => undefined,
      );
    }
  }

  #cgroupFolders() {
    return fs.existsSync(path.join(CGROUPS, 'cgroup.controllers'))
      ? [path.join(CGROUPS, this.cgroup)]
      : fs
          .readdirSync(CGROUPS, { withFileTypes: true })
          .filter(entry => entry.isDirectory())
          .map(({ name }) => path.join(CGROUPS, name, this.cgroup));
  }
}
