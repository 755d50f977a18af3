import { ConfigReader } from '@backstage/config';
import {
  KubernetesObject,
  V1Deployment,
  V1NetworkPolicy,
  V1Secret,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { runnerSecretOf } from '@model-platform/model-wire';
import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import {
  DesiredRevision,
  EndpointCodeSettings,
  LanguageModels,
} from '@model-platform/plugin-model-platform-node';
import { DerivedKeys } from './DerivedKeys';
import { KubernetesSettings } from './KubernetesSettings';
import { staysUp } from './manifests/__testUtils__/staysUp';
import { namespaceName, objectName } from './manifests/objectName';
import { runnerManifests } from './manifests/runnerManifests';
import { placementsOf } from './placementsOf';

const config = new ConfigReader({
  backend: { baseUrl: 'https://portal.example.org' },
  modelPlatform: {
    kubernetes: {
      secretKey: 'k'.repeat(32),
      images: { platform: 'platform:1', python: 'python:1' },
      packageIndex: 'http://packages.example.org:3141/simple',
    },
    environments: [
      {
        name: 'live',
        driver: 'kubernetes',
        kubernetes: {
          url: 'https://models.example.org',
          imageRegistries: [
            { prefix: 'registry.example.org/shared' },
            {
              prefix: 'registry.example.org/shared/crm/',
              pullSecret: 'crm-pull',
              systems: ['crm'],
            },
            { prefix: 'registry.example.org/crm', systems: ['crm'] },
            { prefix: 'registry.example.org/botany', systems: ['botany'] },
          ],
          batches: { maxRows: 200, maxDelayMs: 5 },
          gpu: { nodeSelector: { pool: 'gpu' }, tolerations: [] },
        },
        languageModels: [
          {
            protocol: 'openai',
            baseUrl: 'http://llm.example.org:8000/v1',
            model: 'small',
            apiKey: 'a-key',
          },
        ],
      },
    ],
  },
});

const manifestsOf = (
  version: Partial<ModelVersion>,
  resources: object = {},
  desired: Partial<DesiredRevision> = {},
) => {
  const model = { id: 'm', name: 'Greeting', slug: 'greeting', system: 'crm' };
  const [placement] = placementsOf(
    {
      ref: { name: 'greeting' },
      revision: 4,
      environment: 'live',
      variants: [
        {
          name: 'main',
          weight: 100,
          model: model as Model,
          version: {
            number: 2,
            runtime: 'node',
            flavor: 'prompt',
            files: [],
            metadata: {},
            signature: {
              inputs: [],
              outputs: [{ name: 'text', type: 'string' }],
            },
            manifestDigest: 'sha256:1',
            ...version,
          } as unknown as ModelVersion,
        },
      ],
      resources,
      ...desired,
      openFile: async () => {
        throw new Error('pods fetch files themselves');
      },
    },
    {
      settings: KubernetesSettings.fromConfig(config),
      keys: new DerivedKeys('k'.repeat(32)),
      languageModels: LanguageModels.fromConfig(config),
      endpointCode: EndpointCodeSettings.fromConfig(config),
    },
  );
  const manifests = runnerManifests(placement);
  return {
    manifests,
    kinds: manifests.map(({ kind }) => kind),
    deployment: manifests.find(
      ({ kind }) => kind === 'Deployment',
    ) as V1Deployment,
    account: manifests.find(
      ({ kind }) => kind === 'ServiceAccount',
    ) as V1ServiceAccount,
    policy: manifests.find(
      ({ kind }) => kind === 'NetworkPolicy',
    ) as V1NetworkPolicy,
  };
};

const settingsVolume = ({ spec }: V1Deployment) =>
  spec?.template.spec?.volumes?.find(({ name }) => name === 'settings');

const secretOf = (manifests: KubernetesObject[], key: string) => {
  const { data } = manifests.find(({ kind }) => kind === 'Secret') as V1Secret;
  return Buffer.from(data?.[key] ?? '', 'base64').toString();
};

describe('what the objects of a variant say', () => {
  it('takes bodies as large as the deployment says, else as the runtime does', () => {
    const limitOf = (desired?: Partial<DesiredRevision>) =>
      manifestsOf(
        {},
        {},
        desired,
      ).deployment.spec?.template.spec?.containers[0].env?.find(
        ({ name }) => name === 'MAX_BODY_BYTES',
      )?.value;
    expect(limitOf({ maxBodyBytes: 4_000_000 })).toBe('4000000');
    expect(limitOf()).toBeUndefined();
  });

  it('gives a model what the environment says to it, and never the keys beside that', () => {
    const prompt = manifestsOf({});
    expect(settingsVolume(prompt.deployment)?.secret?.items).toEqual([
      { key: 'language-model.json', path: 'language-model.json' },
    ]);
    // Without files an empty list would mean all of the secret.
    const other = manifestsOf({ flavor: 'onnx' });
    expect(settingsVolume(other.deployment)).toEqual({
      name: 'settings',
      emptyDir: {},
    });
    // Passed by reference: nobody who may read deployments has them.
    expect(JSON.stringify(prompt.deployment)).not.toContain(
      secretOf(prompt.manifests, 'runner-secret'),
    );
    const ports = (policy: V1NetworkPolicy) =>
      policy.spec?.egress?.flatMap(rule => rule.ports?.map(({ port }) => port));
    expect(ports(prompt.policy)).toEqual([53, 53, 443, 8000]);
    expect(ports(other.policy)).toEqual([53, 53, 443]);
  });

  it('has a secret that opens its own runners, and never the key that it is made of', () => {
    const key = new DerivedKeys('k'.repeat(32)).runnersKey('models-crm--live');
    const [first, second] = [4, 5].map(
      revision => manifestsOf({ flavor: 'onnx' }, {}, { revision }).manifests,
    );
    const opens = secretOf(first, 'runner-secret');
    const service = first.find(({ kind }) => kind === 'Service');
    expect(opens).toBe(runnerSecretOf(key, service?.metadata?.name ?? ''));
    expect(secretOf(second, 'runner-secret')).not.toBe(opens);
    const given = first.flatMap(({ kind, data }: V1Secret) =>
      kind === 'Secret' ? Object.values(data ?? {}) : [],
    );
    expect(given).not.toContain(Buffer.from(key).toString('base64'));
    // Only processes seal what they hand out.
    expect(secretOf(first, 'state-key')).toBe('');
    expect(
      secretOf(manifestsOf({ flavor: 'bpmn' }).manifests, 'state-key'),
    ).toHaveLength(43);
  });

  it('goes on while one of its pods, or the node of one, goes', () => {
    const { manifests } = manifestsOf({ flavor: 'onnx' });
    const selector = {
      'app.kubernetes.io/component': 'runner',
      'model-platform.io/endpoint': 'greeting',
      'model-platform.io/revision': '4',
      'model-platform.io/variant': 'main',
    };
    expect.hasAssertions();
    staysUp(manifests, selector, {
      graceSeconds: 40,
      drainMs: '30000',
      ready: { path: '/v2/health/ready', port: 8080 },
      live: { path: '/v2/health/live', port: 8080 },
    });
  });

  it('takes what the deployment says before the version, and the version before the environment', () => {
    const { deployment, kinds } = manifestsOf(
      { resources: { cpu: '2', memory: '1Gi', gpu: 1 } },
      { cpu: '3', replicas: { min: 2, max: 5 } },
    );
    const pod = deployment.spec?.template.spec;
    expect(pod?.containers[0].resources?.limits).toEqual({
      cpu: '3',
      memory: '1Gi',
      'nvidia.com/gpu': '1',
    });
    expect(pod?.nodeSelector).toEqual({ pool: 'gpu' });
    // The number of a deployment that is scaled is its autoscaler's.
    expect(kinds).toContain('HorizontalPodAutoscaler');
    expect(deployment.spec?.replicas).toBeUndefined();
    const plain = manifestsOf({});
    expect(plain.deployment.spec?.replicas).toBe(1);
    expect(plain.kinds).not.toContain('HorizontalPodAutoscaler');
  });

  it('tells libraries of the cores that there are, and what the environment says of batches', () => {
    const variablesOf = (
      version: Partial<ModelVersion>,
      resources: object = {},
    ) => {
      const { deployment } = manifestsOf(version, resources);
      const [{ env = [] }] = deployment.spec!.template.spec!.containers;
      return Object.fromEntries(env.map(({ name, value }) => [name, value]));
    };
    expect(variablesOf({ runtime: 'python' }, { cpu: '2500m' })).toMatchObject({
      OMP_NUM_THREADS: '3',
      OPENBLAS_NUM_THREADS: '3',
      UV_THREADPOOL_SIZE: '4',
      DO_NOT_TRACK: '1',
      USER: 'model',
      BATCH_MAX_ROWS: '200',
      BATCH_MAX_DELAY_MS: '5',
    });
    // Of a runner that only forwards, its own.
    const image = {
      reference: `registry.example.org/crm/churn@sha256:${'a'.repeat(64)}`,
      port: 9000,
    };
    expect(variablesOf({ flavor: 'image', image }, { cpu: '8' })).toMatchObject(
      { OMP_NUM_THREADS: '1' },
    );
  });

  it("runs a model's own image beside a runner that forwards to it", () => {
    const image = {
      reference: `registry.example.org/crm/churn@sha256:${'a'.repeat(64)}`,
      port: 9000,
      readyPath: '/v2/models/churn/ready',
    };
    const own = { flavor: 'image', image };
    const { deployment, policy } = manifestsOf(own, {
      memory: '2Gi',
      gpu: 1,
    });
    const pod = deployment.spec?.template.spec;
    const [fetch, model] = pod?.initContainers ?? [];
    const [runner] = pod?.containers ?? [];
    expect([fetch.name, model.name, runner.name]).toEqual([
      'fetch',
      'model',
      'runner',
    ]);
    expect(model).toMatchObject({
      image: image.reference,
      // There before the runner, and until it has drained.
      restartPolicy: 'Always',
      readinessProbe: {
        httpGet: { path: '/v2/models/churn/ready', port: 9000 },
      },
      livenessProbe: { httpGet: { path: '/v2/health/live', port: 9000 } },
      resources: { limits: { memory: '2Gi', 'nvidia.com/gpu': '1' } },
      securityContext: runner.securityContext,
      terminationMessagePolicy: 'File',
    });
    // None of the platform's keys, and nothing of the platform's files.
    expect(model.env?.some(({ valueFrom }) => valueFrom)).toBe(false);
    expect(model.volumeMounts).toEqual([
      { name: 'image-scratch', mountPath: '/tmp' },
    ]);
    expect(runner.resources?.limits).not.toHaveProperty(['nvidia.com/gpu']);
    expect(runner.image).toBe('platform:1');
    expect(policy.spec?.ingress?.[0].ports).toEqual([
      { protocol: 'TCP', port: 8080 },
    ]);

    for (const reference of [
      `registry.example.org/crm-other/churn@sha256:${'a'.repeat(64)}`,
      `registry.example.org.evil.test/crm/churn@sha256:${'a'.repeat(64)}`,
      // Another system's.
      `registry.example.org/botany/churn@sha256:${'a'.repeat(64)}`,
    ]) {
      expect(() =>
        manifestsOf({ ...own, image: { ...image, reference } }),
      ).toThrow(/images of crm in live may come from .*example.org\/crm \(/);
    }
    // The entry that says most of a reference is the one that holds.
    const secretsOf = (repository: string) =>
      manifestsOf({
        ...own,
        image: {
          ...image,
          reference: `registry.example.org/${repository}@sha256:${'a'.repeat(
            64,
          )}`,
        },
      }).account.imagePullSecrets;
    expect(secretsOf('shared/crm/churn')).toEqual([{ name: 'crm-pull' }]);
    expect(secretsOf('shared/churn')).toEqual([]);
  });

  it('installs the packages that a version pins, before it starts in them', () => {
    const locked = manifestsOf({
      runtime: 'python',
      files: [{ path: 'requirements.lock', digest: 'sha256:1', sizeBytes: 1 }],
    });
    const pod = locked.deployment.spec!.template.spec!;
    expect(pod.initContainers!.map(({ name }) => name)).toEqual([
      'fetch',
      'packages',
    ]);
    const [, packages] = pod.initContainers!;
    // Nothing that could be used elsewhere: no token, no secret.
    expect(packages.volumeMounts!.map(({ name }) => name)).toEqual([
      'model',
      'packages',
    ]);
    expect(packages.env!.filter(({ valueFrom }) => valueFrom)).toEqual([]);
    expect(packages.env).toContainEqual({
      name: 'PACKAGE_INDEX',
      value: 'http://packages.example.org:3141/simple',
    });
    const [runner] = pod.containers;
    expect(runner.command![0]).toBe('/packages/bin/python');
    expect(runner.volumeMounts).toContainEqual({
      name: 'packages',
      mountPath: '/packages',
      readOnly: true,
    });
    const ports = ({ policy }: typeof locked) =>
      policy.spec!.egress!.flatMap(rule =>
        (rule.ports ?? []).map(({ port }) => port),
      );
    expect(ports(locked)).toContain(3141);
    const plain = manifestsOf({ runtime: 'python' });
    expect(ports(plain)).not.toContain(3141);
    expect(plain.deployment.spec!.template.spec!.initContainers).toHaveLength(
      1,
    );
  });

  it('refuses packages that are not pinned', () => {
    expect(() =>
      manifestsOf({
        model: 'Greeting',
        runtime: 'python',
        flavor: 'python',
        files: [{ path: 'requirements.txt', digest: 'sha256:1', sizeBytes: 1 }],
      }),
    ).toThrow(/Version 2 of Greeting says with requirements.txt/);
  });

  it('has names that a cluster takes, and that are no others', () => {
    const long = 'e'.repeat(40);
    const names = [
      objectName('churn', 12, 'main'),
      objectName(long, 1_000_000, `${'v'.repeat(19)}a`),
      objectName(long, 1_000_000, `${'v'.repeat(19)}b`),
      namespaceName('models', 'Customer_Care', 'live'),
      namespaceName('models', 'customer-care', 'live'),
    ];
    expect(names[0]).toBe('m-churn--r12-main');
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
    expect(Math.max(...names.slice(0, 3).map(name => name.length))).toBe(52);
  });
});
