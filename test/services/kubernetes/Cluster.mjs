import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../freePort.mjs';
import { Daemon } from './Daemon.mjs';

const SERVICE_RANGE = '10.96.0.0/16';
/** Who of the cluster is who, by groups where a role is not bound to the name itself. */
const USERS = {
  'test:admin': 'system:masters',
  'system:kube-controller-manager': '',
  'system:kube-scheduler': '',
};

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/**
 * etcd, API server, controller manager and scheduler on loopback, with all
 * that they keep in a temporary folder. Objects are as real as anywhere; pods
 * stay Pending, for there is no node.
 */
export class Cluster {
  #programs;
  #gatewayApi;
  #folder;
  #tokens = {};
  #daemons = [];
  #apiServer;

  constructor({ programs, gatewayApi }) {
    this.#programs = programs;
    this.#gatewayApi = gatewayApi;
  }

  /** Its administrator's. */
  get kubeconfig() {
    return this.#file('test:admin.kubeconfig');
  }

  async start() {
    this.#folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-kubernetes-'),
    );
    const etcd = await this.#startEtcd();
    await this.#startApiServer(etcd);
    await this.#applyDefinitions();
    this.#start('kube-controller-manager', [
      ...this.#authenticatedAs('system:kube-controller-manager'),
      `--root-ca-file=${this.#certificate}`,
      `--service-account-private-key-file=${this.#file('sa.key')}`,
      '--use-service-account-credentials=true',
      // Nodes of tests send no heartbeats.
      '--controllers=*,-node-lifecycle-controller',
    ]);
    this.#start(
      'kube-scheduler',
      this.#authenticatedAs('system:kube-scheduler'),
    );
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

  async stop() {
    for (const daemon of this.#daemons.reverse()) await daemon.end();
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
    this.url = `https://127.0.0.1:${port}`;
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
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      // Nobody reaches it at an address of the cluster, which loopback is not.
      '--endpoint-reconciler-type=none',
      `--secure-port=${port}`,
      // Makes itself the certificate that vouches for it.
      `--cert-dir=${this.#file('certificates')}`,
      `--token-auth-file=${this.#file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-signing-key-file=${this.#file('sa.key')}`,
      `--service-account-key-file=${this.#file('sa.key')}`,
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--profiling=false',
    ]);
    await this.#isReady();
    for (const user of Object.keys(USERS)) this.#writeKubeconfig(user);
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

  #start(name, args) {
    const daemon = new Daemon(name, this.#programs[name], args);
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

  #request(method, place, body) {
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
        response.resume();
        response.on('end', () => resolve(response.statusCode));
        response.on('error', reject);
      });
      request.end(body);
    });
  }
}
