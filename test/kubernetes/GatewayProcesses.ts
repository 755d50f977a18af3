import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { GatewayState } from '@model-platform/model-wire';
import { DerivedKeys } from '../../plugins/model-platform-backend-module-kubernetes/src/DerivedKeys';
import { eventually, freePort, root } from '../platform/Platform';
import { SECRET_KEY, TestCluster } from './TestCluster';

const program = (name: string) =>
  path.join(root, 'packages', name, 'dist/main.cjs');

/** The real gateway and its agent, as the containers of a gateway's pod, with the rights of its service account. */
export class GatewayProcesses {
  private readonly children: ChildProcess[] = [];
  private output = '';

  private constructor(
    private readonly adminUrl: string,
    private readonly adminSecret: string,
  ) {}

  static async start(
    cluster: TestCluster,
    namespace: string,
    patienceMs?: number,
  ): Promise<GatewayProcesses> {
    const find = async () => {
      const { items } = await cluster.core.listNamespacedPod({
        namespace,
        labelSelector: 'app.kubernetes.io/component=gateway',
      });
      return items[0];
    };
    const pod = await eventually('the pod of a gateway', find, patienceMs);
    const keys = new DerivedKeys(SECRET_KEY);
    const adminSecret = keys.adminSecret(namespace);
    const adminPort = await freePort();
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    const processes = new GatewayProcesses(adminUrl, adminSecret);
    processes.run('model-gateway', {
      GATEWAY_PORT: '0',
      ADMIN_PORT: String(adminPort),
      ADMIN_SECRET: adminSecret,
      METRICS_SECRET: keys.metricsSecret(namespace),
      REQUEST_ID_SECRET: keys.requestIdSecret(),
      DRAIN_TIMEOUT_MS: '3600000',
    });
    processes.run('model-gateway-agent', {
      ADMIN_URL: adminUrl,
      ADMIN_SECRET: adminSecret,
      RUNNERS_KEY: keys.runnersKey(namespace),
      NAMESPACE: namespace,
      POD_NAME: pod.metadata?.name ?? '',
      POD_UID: pod.metadata?.uid ?? '',
      KUBECONFIG: await cluster.kubeconfigOf(namespace, 'model-gateway'),
    });
    return processes;
  }

  /** What the gateway itself says that it has. */
  async state(): Promise<GatewayState> {
    const response = await fetch(`${this.adminUrl}/routes`, {
      headers: { authorization: `Bearer ${this.adminSecret}` },
    });
    if (!response.ok) throw new Error(`${response.status}\n${this.output}`);
    return (await response.json()) as GatewayState;
  }

  /** As the pod is ended; resolves to the exit codes. */
  async end(): Promise<Array<number | null>> {
    return await Promise.all(
      this.children.map(async child => {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        const [code] = await ended;
        return code;
      }),
    );
  }

  async stop(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
  }

  private run(name: string, env: Record<string, string>): void {
    const child = spawn(process.execPath, [program(name)], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        this.output = (this.output + chunk).slice(-4_000);
      });
    }
    this.children.push(child);
  }
}
