import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  AppsV1Api,
  CoreV1Api,
  HttpMethod,
  KubeConfig,
  KubernetesObject,
  OpenidApi,
  RbacAuthorizationV1Api,
  RequestContext,
  V1ClusterRole,
} from '@kubernetes/client-node';
import { LoggerService } from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';
import { KubernetesClient } from '@model-platform/model-cluster';
import { ClusterLimits } from '../../plugins/model-platform-backend-module-kubernetes/src/ClusterLimits';
import { KubernetesDriver } from '../../plugins/model-platform-backend-module-kubernetes/src/KubernetesDriver';
import { JSONWebKeySet } from 'jose';
import { request } from 'undici';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../platform/root';
import { ApiProxy } from './ApiProxy';
import { StandInKubelet } from './StandInKubelet';

const MODULE = 'plugins/model-platform-backend-module-kubernetes';
const ACCOUNT = 'model-platform';
export const SECRET_KEY = 'a-key-that-only-tests-know-of-0123456789';

const PUBLIC = { name: 'public', namespace: 'gateways' };

interface Service {
  url: string;
  hostAddress: string;
  gatewayUrl: string;
  node: {
    importImage(file: string): Promise<void>;
    pinImage(name: string): Promise<string>;
    lose(): Promise<void>;
    bringUp(): Promise<void>;
  };
  kubeconfig: string;
  killApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  stop(): Promise<void>;
}

async function startService(options: {
  level?: 'api' | 'gateway';
  kubeconfig?: string;
}) {
  const { level, kubeconfig } = options;
  if (kubeconfig) return { kubeconfig, async stop() {} };
  const { startKubernetes } = await import('../services/kubernetes.mjs');
  return await startKubernetes(level);
}

const isRole = (object: object): object is V1ClusterRole =>
  Reflect.get(object, 'kind') === 'ClusterRole';

/** A real API server with a stand-in for nodes, or with a real one, and the rights that `rbac.yaml` gives. */
export class TestCluster {
  static async start(
    options: {
      portalUrl?: string;
      level?: 'api' | 'gateway';
      /** Of an administrator, where the level `api` is started already. */
      kubeconfig?: string;
    } = {},
  ): Promise<TestCluster> {
    const service = await startService(options);
    if ('unavailable' in service) throw new Error(service.unavailable);
    let started: { stop(): Promise<void> } = service;
    try {
      const config = new KubeConfig();
      config.loadFromFile(service.kubeconfig);
      const cluster = new TestCluster(
        service,
        config,
        await ApiProxy.start(config.getCurrentCluster()?.server ?? ''),
        options.portalUrl ?? 'https://portal.example.org',
      );
      started = cluster;
      for (const object of TestCluster.roles()) await cluster.apply(object);
      if (options.level !== 'gateway') await cluster.kubelet.start();
      return cluster;
    } catch (error) {
      // Nobody else knows of it.
      await started.stop();
      throw error;
    }
  }

  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly rbac: RbacAuthorizationV1Api;
  readonly kubelet: StandInKubelet;
  /** What drivers have warned of. */
  readonly warnings: string[] = [];
  private readonly logger: LoggerService = {
    error() {},
    warn: message => {
      this.warnings.push(message);
    },
    info() {},
    debug() {},
    child: () => this.logger,
  };
  private readonly client: KubernetesClient;
  private readonly drivers: KubernetesDriver[] = [];
  private readonly folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-kubeconfigs-'),
  );

  private constructor(
    readonly service: Service,
    readonly config: KubeConfig,
    readonly proxy: ApiProxy,
    public portalUrl: string,
  ) {
    this.core = config.makeApiClient(CoreV1Api);
    this.apps = config.makeApiClient(AppsV1Api);
    this.rbac = config.makeApiClient(RbacAuthorizationV1Api);
    this.client = new KubernetesClient(config);
    this.kubelet = new StandInKubelet(this.core);
  }

  /** As an administrator. */
  async apply(
    object: KubernetesObject,
    manager = 'administrator',
  ): Promise<KubernetesObject> {
    return await this.client.apply(object, { manager });
  }

  /** As it is written: the client knows fields of definitions by other names. */
  async define(definition: string): Promise<void> {
    const { name } = parse(definition).metadata;
    const url = `${
      this.config.getCurrentCluster()?.server
    }/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}?fieldManager=administrator&force=true`;
    const context = new RequestContext(url, HttpMethod.PATCH);
    await this.config.applySecurityAuthentication(context);
    const { statusCode, body } = await request(url, {
      method: 'PATCH',
      headers: {
        ...context.getHeaders(),
        'content-type': 'application/apply-patch+yaml',
      },
      body: definition,
      dispatcher: context.getDispatcher(),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${name}: ${statusCode} ${text}`);
  }

  /** As an administrator, whatever is there. */
  async read<T>(where: string): Promise<T> {
    const url = `${this.config.getCurrentCluster()?.server}${where}`;
    const context = new RequestContext(url, HttpMethod.GET);
    await this.config.applySecurityAuthentication(context);
    const { statusCode, body } = await request(url, {
      headers: context.getHeaders(),
      dispatcher: context.getDispatcher(),
    });
    if (statusCode !== 200)
      throw new Error(`${where}: ${statusCode} ${await body.text()}`);
    return (await body.json()) as T;
  }

  /** The objects of `rbac.yaml`. */
  static roles(): KubernetesObject[] {
    return parseAllDocuments(
      fs.readFileSync(path.join(root, MODULE, 'rbac.yaml'), 'utf8'),
    ).map(document => document.toJS());
  }

  /** Of the driver. */
  static role(): V1ClusterRole {
    const role = TestCluster.roles()
      .filter(isRole)
      .find(({ metadata }) => metadata?.name === 'model-platform-driver');
    if (!role) throw new Error('rbac.yaml has no model-platform-driver');
    return role;
  }

  /** Of the driver, without one verb of one resource, or of one path. */
  static roleWithout(resource: string, verb: string): V1ClusterRole {
    const role = TestCluster.role();
    const rules = (role.rules ?? []).flatMap(rule => {
      if (rule.nonResourceURLs?.includes(resource)) {
        const others = rule.nonResourceURLs.filter(one => one !== resource);
        return [{ ...rule, nonResourceURLs: others }];
      }
      if (!rule.resources?.includes(resource)) return [rule];
      const others = rule.resources.filter(one => one !== resource);
      const verbs = rule.verbs.filter(one => one !== verb);
      return [
        ...(others.length > 0 ? [{ ...rule, resources: others }] : []),
        ...(verbs.length > 0
          ? [{ ...rule, resources: [resource], verbs }]
          : []),
      ];
    });
    return { ...role, rules };
  }

  /** Which a service account reaches the API server with, through the proxy. */
  async kubeconfigOf(namespace: string, name: string): Promise<string> {
    const { status } = await this.core.createNamespacedServiceAccountToken({
      namespace,
      name,
      body: { spec: { audiences: [], expirationSeconds: 3600 } },
    });
    const file = path.join(this.folder, `${namespace}-${name}`);
    fs.writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          {
            name: 'tests',
            cluster: {
              server: this.proxy.url,
              'insecure-skip-tls-verify': true,
            },
          },
        ],
        users: [{ name, user: { token: status?.token } }],
        contexts: [
          { name: 'tests', context: { cluster: 'tests', user: name } },
        ],
        'current-context': 'tests',
      }),
      { mode: 0o600 },
    );
    return file;
  }

  /** What tokens of its service accounts are verified with. */
  async keys(): Promise<JSONWebKeySet> {
    const keys = this.config.makeApiClient(OpenidApi);
    // Described as text, and read as what it is.
    return Object(await keys.getServiceAccountIssuerOpenIDKeyset());
  }

  /** Acts as a service account. */
  async reader(namespace: string, name: string): Promise<CoreV1Api> {
    const config = new KubeConfig();
    config.loadFromFile(await this.kubeconfigOf(namespace, name));
    return config.makeApiClient(CoreV1Api);
  }

  /** As a portal that has just been started has it, with the rights of `rbac.yaml`. */
  async driver(
    /** Of its environment, beside what it always has, and of what is collected. */
    more: {
      artifacts?: object;
      collector?: object;
      metricCatalogue?: object[];
      packageIndex?: string;
      gateway?: { min: number; max: number };
      /** That its endpoints are reached through; no route where empty. */
      gateways?: Array<{ name: string; namespace: string }>;
      /** Of `modelPlatform.kubernetes`, beside what it always has. */
      kubernetes?: object;
      limits?: Partial<ClusterLimits>;
    } = {},
  ): Promise<KubernetesDriver> {
    const { artifacts, collector, metricCatalogue, packageIndex } = more;
    const { gateway = { min: 1, max: 1 }, gateways = [PUBLIC] } = more;
    const driver = KubernetesDriver.fromConfig(
      new ConfigReader({
        backend: { baseUrl: this.portalUrl },
        modelPlatform: {
          kubernetes: {
            kubeconfig: await this.kubeconfigOf(ACCOUNT, ACCOUNT),
            secretKey: SECRET_KEY,
            images: {
              platform: 'registry.example.org/platform:1',
              python: 'registry.example.org/python:1',
            },
            ...(packageIndex ? { packageIndex } : {}),
            ...more.kubernetes,
          },
          ...(metricCatalogue ? { metricCatalogue } : {}),
          environments: [
            {
              name: 'test',
              driver: 'kubernetes',
              kubernetes: {
                url: 'https://models.example.org',
                ...(gateways.length > 0 ? { route: { gateways } } : {}),
                gateway: { replicas: gateway },
                resources: { cpu: '100m', memory: '128Mi' },
                ...(artifacts ? { artifacts } : {}),
                ...(collector ? { collector } : {}),
                imageRegistries: [
                  {
                    prefix: 'registry.example.org/crm',
                    pullSecret: 'crm-pull',
                  },
                ],
              },
            },
          ],
        },
      }),
      { logger: this.logger, limits: more.limits },
    );
    this.drivers.push(driver);
    return driver;
  }

  async stop(): Promise<void> {
    try {
      await this.kubelet.stop();
      for (const driver of this.drivers) await driver.stop();
      await this.proxy.stop();
    } finally {
      await this.service.stop();
      fs.rmSync(this.folder, { recursive: true, force: true });
    }
  }
}
