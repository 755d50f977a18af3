import { ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { V1Container, V1PodSpec, V1Volume } from '@kubernetes/client-node';
import { root } from '../platform/Platform';
import { TestCluster } from './TestCluster';

/**
 * The containers of a pod as processes of this machine, for a cluster without
 * nodes: with the commands, variables, secrets, documents and tokens that the
 * objects in the cluster say, each path led to where it is here.
 */
export class ContainerProcesses {
  private readonly folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-pod-'),
  );
  private readonly running: ChildProcess[] = [];
  output = '';

  private constructor(
    private readonly cluster: TestCluster,
    private readonly namespace: string,
    private readonly pod: V1PodSpec,
  ) {}

  /** With all its volumes there. */
  static async of(
    cluster: TestCluster,
    namespace: string,
    deployment: string,
  ): Promise<ContainerProcesses> {
    const { spec } = await cluster.apps.readNamespacedDeployment({
      namespace,
      name: deployment,
    });
    const pod = spec?.template.spec;
    if (!pod) throw new Error(`${deployment} has no pods`);
    const processes = new ContainerProcesses(cluster, namespace, pod);
    for (const volume of pod.volumes ?? []) await processes.mount(volume);
    return processes;
  }

  /** To its end. @returns its exit code */
  async run(name: string): Promise<number | null> {
    const child = await this.start(name);
    return await new Promise(resolve => child.once('close', resolve));
  }

  async start(
    name: string,
    instead: Record<string, string> = {},
  ): Promise<ChildProcess> {
    const container = [
      ...(this.pod.initContainers ?? []),
      ...this.pod.containers,
    ].find(one => one.name === name);
    if (!container) throw new Error(`The pod has no container ${name}`);
    const [command, ...args] = container.command ?? [];
    const child = spawn(
      command === 'node' ? process.execPath : command,
      args.map(arg => this.here(container, arg)),
      {
        env: {
          PATH: process.env.PATH,
          ...(await this.variables(container)),
          ...instead,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        this.output += chunk;
      });
    }
    this.running.push(child);
    return child;
  }

  async stop(): Promise<void> {
    for (const child of this.running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise(resolve => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private async mount(volume: V1Volume): Promise<void> {
    const folder = path.join(this.folder, volume.name);
    fs.mkdirSync(folder);
    const write = (name: string, content: string | Buffer) =>
      fs.writeFileSync(path.join(folder, name), content);
    if (volume.configMap?.name) {
      const { data } = await this.cluster.core.readNamespacedConfigMap({
        namespace: this.namespace,
        name: volume.configMap.name,
      });
      for (const [name, text] of Object.entries(data ?? {})) write(name, text);
    }
    for (const item of volume.secret?.items ?? []) {
      write(
        item.path,
        await this.secret(volume.secret?.secretName ?? '', item.key),
      );
    }
    for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
      const { status } =
        await this.cluster.core.createNamespacedServiceAccountToken({
          namespace: this.namespace,
          name: this.pod.serviceAccountName ?? '',
          body: {
            spec: { audiences: [serviceAccountToken?.audience ?? ''] },
          },
        });
      write(serviceAccountToken?.path ?? '', status?.token ?? '');
    }
  }

  private async variables(
    container: V1Container,
  ): Promise<Record<string, string>> {
    const variables: Record<string, string> = {};
    for (const { name, value, valueFrom } of container.env ?? []) {
      const { secretKeyRef } = valueFrom ?? {};
      variables[name] = secretKeyRef
        ? String(await this.secret(secretKeyRef.name ?? '', secretKeyRef.key))
        : this.here(container, value ?? '');
    }
    return variables;
  }

  private async secret(name: string, key: string): Promise<Buffer> {
    const { data } = await this.cluster.core.readNamespacedSecret({
      namespace: this.namespace,
      name,
    });
    return Buffer.from(data?.[key] ?? '', 'base64');
  }

  /** Of what the image or a volume has. */
  private here({ volumeMounts }: V1Container, text: string): string {
    const places = [
      ['/app/', `${root}/packages/`],
      ['/app', root],
      ...(volumeMounts ?? []).map(({ mountPath, name }) => [
        mountPath,
        path.join(this.folder, name),
      ]),
    ];
    // An option's value, or all of it.
    const begin = text.startsWith('--') ? text.indexOf('=') + 1 : 0;
    const value = text.slice(begin);
    for (const [there, here] of places) {
      if (value.startsWith(there)) {
        return `${text.slice(0, begin)}${here}${value.slice(there.length)}`;
      }
    }
    return text;
  }
}
