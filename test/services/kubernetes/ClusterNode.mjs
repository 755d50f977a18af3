import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { Daemon } from './Daemon.mjs';
import { packImage } from './packImage.mjs';

const INIT = inRoot('test/services/kubernetes/nodeInit.sh');
const PAUSE = 'tests.invalid/pause:1';

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/**
 * A node of a cluster in namespaces of its own: containerd, kubelet and
 * kube-proxy, whose pods are real. All of it ends with one process.
 */
export class ClusterNode {
  #programs;
  #network;
  #folder;
  #kubeconfigs;
  #daemon;

  constructor({ programs, network, folder }) {
    this.#programs = programs;
    this.#network = network;
    this.#kubeconfigs = folder;
    this.#folder = path.join(folder, 'node');
  }

  async start() {
    fs.mkdirSync(path.join(this.#folder, 'cni'), { recursive: true });
    this.#write('containerd.toml', this.#containerd());
    this.#write('cni/10-tests.conflist', JSON.stringify(this.#cni()));
    this.#write('kubelet.json', JSON.stringify(this.#kubelet()));
    this.#write('kube-proxy.json', JSON.stringify(this.#kubeProxy()));
    this.#write('resolv.conf', `nameserver ${this.#network.nodeAddress}\n`);
    await this.bringUp();
    const pause = path.join(this.#folder, 'pause');
    fs.mkdirSync(pause);
    fs.copyFileSync('/bin/busybox', path.join(pause, 'busybox'));
    const image = path.join(this.#folder, 'pause.tar');
    await packImage({
      file: image,
      name: PAUSE,
      config: { Entrypoint: ['/busybox', 'sleep', '2147483647'] },
      layers: [pause],
    });
    await this.importImage(image);
  }

  /** After {@link ClusterNode#lose}, with all that it had on its disk. */
  async bringUp() {
    // As what a machine has in /run.
    fs.rmSync(this.#file('containerd-state'), { recursive: true, force: true });
    this.#daemon = new Daemon(
      'the node',
      'nsenter',
      this.#network.enter(
        ...'unshare --mount --pid --fork --mount-proc --uts --ipc --kill-child=SIGKILL bash'.split(
          ' ',
        ),
        INIT,
        this.#folder,
        this.#programs.kubelet,
        this.#programs['kube-proxy'],
        this.#network.nodeAddress,
      ),
    );
    this.#daemon.start();
    for (;;) {
      this.#daemon.check();
      if (await this.#ctr('version').then(Boolean, () => false)) return;
      await sleep(100);
    }
  }

  /** As a machine that loses its power, with all its pods. */
  async lose() {
    await this.#daemon?.end();
    // The kernel ends all that was in it; so long ports and files are taken.
    while (await this.#network.isInhabited()) await sleep(50);
  }

  /** @param file as `docker save` writes them */
  async importImage(file) {
    await this.#ctr('images', 'import', '--local', file).catch(() =>
      this.#ctr('images', 'import', file),
    );
  }

  /**
   * What was imported under a name with a tag, under that of its content as well.
   *
   * @returns that one: registry, image and digest
   */
  async pinImage(name) {
    const listed = await this.#ctr('images', 'ls', `name==${name}`);
    const [, digest] = /\s(sha256:[0-9a-f]{64})\s/.exec(listed) ?? [];
    if (!digest) throw new Error(`There is no image ${name}:\n${listed}`);
    const pinned = `${name.replace(/:[^:/]*$/, '')}@${digest}`;
    await this.#ctr('images', 'tag', name, pinned);
    return pinned;
  }

  /** What its programs said last. */
  logs() {
    const folder = path.join(this.#folder, 'logs');
    return fs
      .readdirSync(folder)
      .map(
        name =>
          `── ${name}\n${fs
            .readFileSync(path.join(folder, name), 'utf8')
            .slice(-4_000)}`,
      )
      .join('\n');
  }

  #ctr(...args) {
    return run('ctr', [
      '--address',
      this.#file('containerd.sock'),
      '--namespace',
      'k8s.io',
      ...args,
    ]);
  }

  #containerd() {
    return `version = 2
root = "${this.#file('containerd')}"
state = "${this.#file('containerd-state')}"
[grpc]
  address = "${this.#file('containerd.sock')}"
[ttrpc]
  address = "${this.#file('containerd.sock.ttrpc')}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${this.#file('cni')}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false
`;
  }

  #cni() {
    return {
      cniVersion: '1.0.0',
      name: 'tests',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          hairpinMode: true,
          ipam: {
            type: 'host-local',
            dataDir: this.#file('addresses'),
            ranges: [[{ subnet: this.#network.pods }]],
            routes: [{ dst: '0.0.0.0/0' }],
          },
        },
      ],
    };
  }

  #kubelet() {
    return {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      failCgroupV1: false,
      cgroupDriver: 'cgroupfs',
      cgroupRoot: this.#network.cgroup,
      enforceNodeAllocatable: [],
      containerRuntimeEndpoint: `unix://${this.#file('containerd.sock')}`,
      address: this.#network.nodeAddress,
      healthzBindAddress: '127.0.0.1',
      // Only this machine and its own pods reach it.
      authentication: {
        anonymous: { enabled: true },
        webhook: { enabled: false },
      },
      authorization: { mode: 'AlwaysAllow' },
      failSwapOn: false,
      podLogsDir: this.#file('pod-logs'),
      volumePluginDir: this.#file('volume-plugins'),
      resolvConf: this.#file('resolv.conf'),
      // Nobody answers there: pods of the platform ask for no names, and are reached by none.
      clusterDNS: [this.#network.nodeAddress],
      clusterDomain: 'cluster.local',
      imageGCHighThresholdPercent: 100,
      evictionHard: {
        'memory.available': '100Mi',
        'nodefs.available': '0%',
        'nodefs.inodesFree': '0%',
        'imagefs.available': '0%',
      },
      localStorageCapacityIsolation: false,
      nodeStatusUpdateFrequency: '4s',
    };
  }

  #kubeProxy() {
    return {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      clientConnection: {
        kubeconfig: path.join(
          this.#kubeconfigs,
          'system:kube-proxy.kubeconfig',
        ),
      },
      clusterCIDR: this.#network.pods,
      hostnameOverride: 'node',
      healthzBindAddress: '127.0.0.1:10256',
      metricsBindAddress: '127.0.0.1:10249',
      conntrack: { maxPerCore: 0 },
    };
  }

  #write(name, text) {
    fs.writeFileSync(this.#file(name), text, { mode: 0o600 });
  }

  #file(...parts) {
    return path.join(this.#folder, ...parts);
  }
}
