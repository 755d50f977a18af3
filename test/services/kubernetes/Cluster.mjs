import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../freePort.mjs';
import { ClusterNode } from './ClusterNode.mjs';
import { Daemon } from './Daemon.mjs';
import { NodeNetwork } from './NodeNetwork.mjs';

const SERVICE_RANGE = '10.96.0.0/16';
/** Who of the cluster is who, by groups where a role is not bound to the name itself. */
const USERS = {
  'test:admin': 'system:masters',
  'system:kube-controller-manager': '',
  'system:kube-scheduler': '',
  'system:kube-proxy': '',
  'system:node:node': 'system:nodes',
};

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/**
 * etcd, API server, controller manager and scheduler, with all that they keep
 * in a temporary folder. Objects are as real as anywhere. Without a node they
 * are on loopback, and pods stay Pending; with one, pods are as real, and
 * reached at their addresses from this machine.
 */
export class Cluster {
  #programs;
  #gatewayApi;
  #traefik;
  #hasNode;
  #network;
  #folder;
  #tokens = {};
  #daemons = [];
  #apiServer;

  constructor({ programs, gatewayApi, traefik }) {
    this.#programs = { ...programs, nsenter: 'nsenter', traefik };
    this.#gatewayApi = gatewayApi;
    this.#traefik = traefik;
    this.#hasNode = 'kubelet' in programs;
  }

  /** Where this machine is, for its pods. */
  get hostAddress() {
    return this.#network?.hostAddress ?? '127.0.0.1';
  }

  /** Its administrator's. */
  get kubeconfig() {
    return this.#file('test:admin.kubeconfig');
  }

  async start() {
    this.#folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-kubernetes-'),
    );
    if (this.#hasNode) this.#network = await NodeNetwork.create();
    const etcd = await this.#startEtcd();
    await this.#startApiServer(etcd);
    await this.#applyDefinitions();
    // They end when the API server is away while they begin.
    this.#start(
      'kube-controller-manager',
      [
        ...this.#authenticatedAs('system:kube-controller-manager'),
        `--root-ca-file=${this.#certificate}`,
        `--service-account-private-key-file=${this.#file('sa.key')}`,
        '--use-service-account-credentials=true',
        ...(this.#hasNode
          ? ['--node-monitor-grace-period=16s']
          : // Nodes of tests send no heartbeats.
            ['--controllers=*,-node-lifecycle-controller']),
      ],
      { isKept: true },
    );
    this.#start(
      'kube-scheduler',
      this.#authenticatedAs('system:kube-scheduler'),
      { isKept: true },
    );
    if (!this.#hasNode) return;
    this.node = new ClusterNode({
      programs: this.#programs,
      network: this.#network,
      folder: this.#folder,
    });
    // A kubelet that has a slow start else asks for its own node only minutes later.
    await this.#apply('/api/v1/nodes/node', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node', labels: { 'kubernetes.io/hostname': 'node' } },
    });
    await this.node.start();
    this.#startCoreDns();
    if (this.#traefik) await this.#startTraefik();
    await this.nodeIsReady();
  }

  /** Takes pods. */
  async nodeIsReady() {
    for (;;) {
      for (const daemon of this.#daemons) daemon.check();
      const { status } = JSON.parse(
        await this.#read('/api/v1/nodes/node').catch(() => '{}'),
      );
      const isReady = status?.conditions?.some(
        one => one.type === 'Ready' && one.status === 'True',
      );
      if (isReady) return;
      await sleep(100);
    }
  }

  /** As a machine that loses its power: nothing is finished. */
  async killApiServer() {
    await this.#apiServer.end('SIGKILL');
  }

  /** On the same port, with all that it knew. */
  async restartApiServer() {
    this.#apiServer.start();
    await this.#isReady();
  }

  /** For whoever asks why something does not come. */
  logs() {
    return [
      ...this.#daemons.map(({ name, log }) => `── ${name}\n${log}`),
      this.node?.logs(),
    ].join('\n');
  }

  async stop() {
    await this.node?.lose();
    for (const daemon of this.#daemons.reverse()) await daemon.end();
    await this.#network?.remove();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startEtcd() {
    const [client, peer] = [await freePort(), await freePort()].map(
      port => `http://127.0.0.1:${port}`,
    );
    this.#start('etcd', [
      '--name=tests',
      `--data-dir=${this.#file('etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=tests=${peer}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
    return client;
  }

  async #startApiServer(etcd) {
    const port = await freePort();
    const address = this.hostAddress;
    this.url = `https://${address}:${port}`;
    for (const user of Object.keys(USERS))
      this.#tokens[user] = randomBytes(16).toString('hex');
    fs.writeFileSync(
      this.#file('tokens.csv'),
      Object.entries(USERS)
        .map(
          ([user, group]) => `${this.#tokens[user]},${user},${user},${group}`,
        )
        .join('\n'),
      { mode: 0o600 },
    );
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    fs.writeFileSync(this.#file('sa.key'), privateKey, { mode: 0o600 });
    this.#apiServer = this.#start('kube-apiserver', [
      `--etcd-servers=${etcd}`,
      `--bind-address=${address}`,
      `--advertise-address=${address}`,
      // Nobody reaches it at an address of the cluster, which loopback is not.
      ...(this.#hasNode
        ? ['--kubelet-preferred-address-types=InternalIP']
        : ['--endpoint-reconciler-type=none']),
      `--secure-port=${port}`,
      // Makes itself the certificate that vouches for it.
      `--cert-dir=${this.#file('certificates')}`,
      `--token-auth-file=${this.#file('tokens.csv')}`,
      '--authorization-mode=Node,RBAC',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-signing-key-file=${this.#file('sa.key')}`,
      `--service-account-key-file=${this.#file('sa.key')}`,
      `--service-cluster-ip-range=${this.#network?.services ?? SERVICE_RANGE}`,
      '--profiling=false',
    ]);
    await this.#isReady();
    for (const user of Object.keys(USERS)) this.#writeKubeconfig(user);
  }

  #startCoreDns() {
    const { nodeAddress } = this.#network;
    fs.writeFileSync(
      this.#file('Corefile'),
      `.:53 {
  bind ${nodeAddress}
  errors
  cache 1
  kubernetes cluster.local {
    kubeconfig ${this.kubeconfig} tests
    ttl 1
  }
}
`,
    );
    this.#start(
      'nsenter',
      this.#network.enter(
        this.#programs.coredns,
        '-conf',
        this.#file('Corefile'),
      ),
    );
  }

  /** On this machine, in front of a Gateway `public` that takes routes of all namespaces. */
  async #startTraefik() {
    const port = await freePort();
    this.gatewayUrl = `http://127.0.0.1:${port}`;
    this.#start(
      'traefik',
      [
        `--entrypoints.web.address=127.0.0.1:${port}`,
        '--providers.kubernetesgateway=true',
        '--providers.kubernetesgateway.statusaddress.ip=127.0.0.1',
        '--providers.providersthrottleduration=100ms',
        '--global.checknewversion=false',
        '--global.sendanonymoususage=false',
      ],
      { env: { KUBECONFIG: this.kubeconfig } },
    );
    const objects = {
      '/api/v1/namespaces/gateways': {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'gateways' },
      },
      '/apis/gateway.networking.k8s.io/v1/gatewayclasses/traefik': {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'GatewayClass',
        metadata: { name: 'traefik' },
        spec: { controllerName: 'traefik.io/gateway-controller' },
      },
      '/apis/gateway.networking.k8s.io/v1/namespaces/gateways/gateways/public':
        {
          apiVersion: 'gateway.networking.k8s.io/v1',
          kind: 'Gateway',
          metadata: { name: 'public', namespace: 'gateways' },
          spec: {
            gatewayClassName: 'traefik',
            listeners: [
              {
                name: 'http',
                protocol: 'HTTP',
                port,
                allowedRoutes: { namespaces: { from: 'All' } },
              },
            ],
          },
        },
    };
    for (const [place, object] of Object.entries(objects))
      await this.#apply(place, object);
  }

  async #apply(place, object) {
    const status = await this.#request(
      'PATCH',
      `${place}?fieldManager=tests&force=true`,
      JSON.stringify(object),
    );
    if (status >= 300) throw new Error(`${place} answered ${status}`);
  }

  async #isReady() {
    for (;;) {
      for (const daemon of this.#daemons) daemon.check();
      if (fs.existsSync(this.#certificate)) {
        const status = await this.#request('GET', '/readyz').catch(() => 0);
        if (status === 200) return;
      }
      await sleep(100);
    }
  }

  async #applyDefinitions() {
    const wait = [];
    for (const name of fs.readdirSync(this.#gatewayApi)) {
      const text = fs.readFileSync(path.join(this.#gatewayApi, name), 'utf8');
      if (!/^kind: CustomResourceDefinition$/m.test(text)) continue;
      const crd = /^ {2}name: (\S+)$/m.exec(text)[1];
      const place = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;
      const status = await this.#request(
        'PATCH',
        `${place}?fieldManager=tests&force=true`,
        text,
      );
      if (status >= 300) throw new Error(`${name} was answered with ${status}`);
      const [plural, ...group] = crd.split('.');
      const version = /^ {4}name: (v1\w*)$/m.exec(text)?.[1] ?? 'v1';
      wait.push(`/apis/${group.join('.')}/${version}/${plural}`);
    }
    for (const place of wait)
      while ((await this.#request('GET', place)) !== 200) await sleep(50);
  }

  #start(name, args, options) {
    const daemon = new Daemon(name, this.#programs[name], args, options);
    daemon.start();
    this.#daemons.push(daemon);
    return daemon;
  }

  #authenticatedAs(user) {
    const kubeconfig = this.#file(`${user}.kubeconfig`);
    return [
      `--kubeconfig=${kubeconfig}`,
      // They answer nobody.
      '--secure-port=0',
      '--leader-elect=false',
    ];
  }

  #writeKubeconfig(user) {
    const certificate = fs.readFileSync(this.#certificate).toString('base64');
    fs.writeFileSync(
      this.#file(`${user}.kubeconfig`),
      // JSON is YAML.
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name: 'tests',
            cluster: {
              server: this.url,
              'certificate-authority-data': certificate,
            },
          },
        ],
        users: [{ name: user, user: { token: this.#tokens[user] } }],
        contexts: [{ name: 'tests', context: { cluster: 'tests', user } }],
        'current-context': 'tests',
      }),
      { mode: 0o600 },
    );
  }

  get #certificate() {
    return this.#file('certificates', 'apiserver.crt');
  }

  #file(...parts) {
    return path.join(this.#folder, ...parts);
  }

  async #request(method, place, body) {
    return (await this.#ask(method, place, body)).statusCode;
  }

  async #read(place) {
    return (await this.#ask('GET', place)).text;
  }

  #ask(method, place, body) {
    return new Promise((resolve, reject) => {
      const request = https.request(new URL(place, this.url), {
        method,
        agent: false,
        ca: fs.readFileSync(this.#certificate),
        headers: {
          authorization: `Bearer ${this.#tokens['test:admin']}`,
          ...(body ? { 'content-type': 'application/apply-patch+yaml' } : {}),
        },
      });
      request.on('error', reject);
      request.on('response', response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', chunk => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ statusCode: response.statusCode, text }),
        );
        response.on('error', reject);
      });
      request.end(body);
    });
  }
}
