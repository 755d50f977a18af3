import {
  V1Container,
  V1Deployment,
  V1EnvVar,
  V1PodSpec,
  V1Volume,
} from '@kubernetes/client-node';
import {
  libraryVariables,
  nodeRunnerArguments,
  RunnerEnvironment,
} from '@model-platform/model-wire';
import { bytesOf, coresOf } from '@model-platform/plugin-model-platform-common';
import { containerResources } from './containerResources';
import { drainingPod } from './drainingPod';
import { imageContainers, IMAGE_SCRATCH_BYTES } from './imageContainers';
import { APP, MOUNTS, PORT, PROGRAMS } from './images';
import { KEYS } from './labels';
import { METRICS_KEY } from './metricsSecret';
import { labelsOf, metadataOf, Placement, selectorOf } from './Placement';
import {
  bringsPackages,
  packagesContainers,
  packagesVolumes,
} from './packagesContainers';
import { containerSecurity, podSecurity } from './podSecurity';
import { ARTIFACT_KEYS } from './runnerSecrets';
import { scrapeAnnotations } from './scrapeAnnotations';
import { spreadOver } from './spreadOver';

/** Beside what the files have. */
const SPARE_BYTES = 64 * 1024 * 1024;
const LIVENESS_PERIOD_SECONDS = 10;
/** Of a runner that only forwards: what the model asks for is its own container's. */
const FORWARDER_AMOUNTS = { cpu: '250m', memory: '192Mi' };
const FORWARDER_RESOURCES = {
  resources: { requests: FORWARDER_AMOUNTS, limits: FORWARDER_AMOUNTS },
};

/** The pods of a variant: files are fetched and verified, then the runtime serves them. */
export function runnerDeployment(placement: Placement): V1Deployment {
  const { resources, settings, variant } = placement;
  const { min, max } = resources.replicas ?? { min: 1, max: 1 };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(placement),
    spec: {
      // Where it is scaled, the number is the autoscaler's.
      ...(max > min ? {} : { replicas: min }),
      revisionHistoryLimit: 1,
      selector: { matchLabels: selectorOf(placement) },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
      },
      template: {
        metadata: {
          labels: labelsOf(placement),
          annotations: {
            ...scrapeAnnotations(settings, variant.model.system, PORT),
            [KEYS]: placement.secrets.fingerprint,
          },
        },
        spec: podSpec(placement),
      },
    },
  };
}

function podSpec(placement: Placement): V1PodSpec {
  const { name, settings, resources, timeoutSeconds, variant } = placement;
  const gpu = resources.gpu ? settings.gpu : undefined;
  const draining = drainingPod(timeoutSeconds);
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: podSecurity,
    terminationGracePeriodSeconds: draining.graceSeconds,
    nodeSelector: { ...settings.nodeSelector, ...gpu?.nodeSelector },
    tolerations: [...settings.tolerations, ...(gpu?.tolerations ?? [])],
    topologySpreadConstraints: spreadOver(selectorOf(placement)),
    initContainers: [
      fetchContainer(placement),
      ...packagesContainers(placement),
      ...imageContainers(placement),
    ],
    containers: [
      {
        name: 'runner',
        ...runnerProgram(placement),
        env: runnerVariables(placement, draining.drainMs),
        ports: [{ name: 'http', containerPort: PORT, protocol: 'TCP' }],
        ...(variant.version.image
          ? FORWARDER_RESOURCES
          : containerResources(placement)),
        securityContext: containerSecurity,
        lifecycle: draining.lifecycle,
        startupProbe: {
          httpGet: { path: '/v2/health/live', port: PORT },
          periodSeconds: 1,
          failureThreshold: 120,
        },
        readinessProbe: {
          httpGet: { path: '/v2/health/ready', port: PORT },
          periodSeconds: 2,
          timeoutSeconds: 2,
          failureThreshold: 3,
        },
        livenessProbe: {
          httpGet: { path: '/v2/health/live', port: PORT },
          periodSeconds: LIVENESS_PERIOD_SECONDS,
          timeoutSeconds: 5,
          // A call that keeps it busy is no reason to end it.
          failureThreshold: Math.ceil(
            (timeoutSeconds + 30) / LIVENESS_PERIOD_SECONDS,
          ),
        },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          { name: 'model', mountPath: MOUNTS.model, readOnly: true },
          { name: 'settings', mountPath: MOUNTS.settings, readOnly: true },
          { name: 'scratch', mountPath: MOUNTS.scratch },
          ...(bringsPackages(variant)
            ? [
                {
                  name: 'packages',
                  mountPath: MOUNTS.packages,
                  readOnly: true,
                },
              ]
            : []),
        ],
      },
    ],
    volumes: volumes(placement),
  };
}

/** Before anything of the model runs: fetches its files, and ends where one is not what it must be. */
function fetchContainer(placement: Placement): V1Container {
  const { name, settings } = placement;
  const reads = settings.artifacts ? Object.entries(ARTIFACT_KEYS) : [];
  return {
    name: 'fetch',
    image: placement.cluster.images.platform,
    command: ['node', PROGRAMS.fetch],
    env: [
      { name: 'DOCUMENTS_DIR', value: MOUNTS.documents },
      { name: 'SETTINGS_DIR', value: MOUNTS.settings },
      { name: 'MODEL_DIR', value: MOUNTS.model },
      { name: 'TOKEN_FILE', value: `${MOUNTS.token}/token` },
      // No other container of the pod has them.
      ...reads.map(([variable, key]) => ({
        name: variable,
        valueFrom: { secretKeyRef: { name, key } },
      })),
    ],
    ...containerResources(placement),
    securityContext: containerSecurity,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'documents', mountPath: MOUNTS.documents, readOnly: true },
      { name: 'settings', mountPath: MOUNTS.settings, readOnly: true },
      { name: 'token', mountPath: MOUNTS.token, readOnly: true },
      { name: 'model', mountPath: MOUNTS.model },
    ],
  };
}

function runnerProgram({
  variant,
  cluster,
  resources,
}: Placement): Pick<V1Container, 'image' | 'command'> {
  const { version } = variant;
  if (version.runtime === 'python') {
    const python = bringsPackages(variant)
      ? `${MOUNTS.packages}/bin/python`
      : 'python';
    return {
      image: cluster.images.python,
      command: [python, '-m', 'model_runner'],
    };
  }
  return {
    image: cluster.images.platform,
    command: [
      'node',
      ...nodeRunnerArguments({
        flavor: version.flavor,
        program: PROGRAMS.nodeRunner,
        readable: [APP, MOUNTS.model, MOUNTS.settings],
        scratch: MOUNTS.scratch,
        memoryBytes: bytesOf(
          version.image ? FORWARDER_AMOUNTS.memory : resources.memory,
        ),
      }),
    ],
  };
}

function runnerVariables(placement: Placement, drainMs: number): V1EnvVar[] {
  const { name, endpoint, revision, variant, environment, maxBodyBytes } =
    placement;
  const { maxRows, maxDelayMs } = placement.settings.batches;
  const said: Partial<Record<keyof RunnerEnvironment, string>> = {
    MODEL_DIR: MOUNTS.model,
    HOST: '0.0.0.0',
    PORT: String(PORT),
    MODEL_ENDPOINT: endpoint,
    MODEL_VARIANT: variant.name,
    MODEL_REVISION: String(revision),
    MODEL_ENVIRONMENT: environment,
    DRAIN_TIMEOUT_MS: String(drainMs),
    ...(maxBodyBytes ? { MAX_BODY_BYTES: String(maxBodyBytes) } : {}),
    ...(maxRows === undefined ? {} : { BATCH_MAX_ROWS: String(maxRows) }),
    ...(maxDelayMs === undefined
      ? {}
      : { BATCH_MAX_DELAY_MS: String(maxDelayMs) }),
  };
  const { cpu } = variant.version.image
    ? FORWARDER_AMOUNTS
    : placement.resources;
  const secret = (
    variable: keyof RunnerEnvironment,
    secretKeyRef: { name: string; key: string },
  ) => ({ name: variable, valueFrom: { secretKeyRef } });
  return [
    ...Object.entries({ ...libraryVariables(coresOf(cpu)), ...said }).map(
      ([key, value]) => ({ name: key, value }),
    ),
    secret('RUNNER_SECRET', { name, key: 'runner-secret' }),
    secret('METRICS_SECRET', METRICS_KEY),
    ...(placement.secrets.state
      ? [secret('STATE_KEY', { name, key: 'state-key' })]
      : []),
    { name: 'HOME', value: MOUNTS.scratch },
    { name: 'TMPDIR', value: MOUNTS.scratch },
  ];
}

function volumes(placement: Placement): V1Volume[] {
  const { name, variant, cluster, settingsFiles } = placement;
  const fileBytes = variant.version.files.reduce(
    (sum, { sizeBytes }) => sum + sizeBytes,
    0,
  );
  return [
    {
      name: 'model',
      emptyDir: { sizeLimit: String(fileBytes + SPARE_BYTES) },
    },
    { name: 'scratch', emptyDir: { sizeLimit: String(4 * SPARE_BYTES) } },
    ...(variant.version.image
      ? [
          {
            name: 'image-scratch',
            emptyDir: { sizeLimit: String(IMAGE_SCRATCH_BYTES) },
          },
        ]
      : []),
    ...packagesVolumes(placement),
    { name: 'documents', configMap: { name } },
    {
      name: 'settings',
      // The keys beside them are the runner's, which keeps them from the model's code.
      ...(Object.keys(settingsFiles).length > 0
        ? {
            secret: {
              secretName: name,
              items: Object.keys(settingsFiles).map(key => ({
                key,
                path: key,
              })),
            },
          }
        : { emptyDir: {} }),
    },
    {
      name: 'token',
      projected: {
        sources: [
          {
            serviceAccountToken: {
              audience: cluster.audience,
              expirationSeconds: 3600,
              path: 'token',
            },
          },
        ],
      },
    },
  ];
}
