import { V1Container, V1Deployment, V1EnvVar } from '@kubernetes/client-node';
import {
  GatewayAgentEnvironment,
  GatewayEnvironment,
} from '@model-platform/model-wire';
import { MAX_CALL_SECONDS } from '@model-platform/plugin-model-platform-common';
import { drainingPod } from './drainingPod';
import {
  GATEWAY,
  gatewayMetadata,
  GatewayPlacement,
  gatewaySelector,
} from './GatewayPlacement';
import { ADMIN_PORT, MOUNTS, PORT, PROGRAMS } from './images';
import { KEYS } from './labels';
import { METRICS_KEY } from './metricsSecret';
import { containerSecurity, podSecurity } from './podSecurity';
import { scrapeAnnotations } from './scrapeAnnotations';
import { spreadOver } from './spreadOver';

type Variables<T> = { [Name in keyof T]?: string };

/** The gateways of a namespace, each with the agent that tells it what its plans are. */
export function gatewayDeployment(placement: GatewayPlacement): V1Deployment {
  const { system, cluster, settings } = placement;
  const { min, max } = settings.gateway.replicas;
  // Whatever calls it has, of whatever deployment; without any it goes at once.
  const draining = drainingPod(MAX_CALL_SECONDS);
  const metadata = gatewayMetadata(placement);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      ...(max > min ? {} : { replicas: min }),
      revisionHistoryLimit: 1,
      selector: { matchLabels: gatewaySelector },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
      },
      template: {
        metadata: {
          labels: metadata.labels,
          annotations: {
            ...scrapeAnnotations(settings, system, ADMIN_PORT),
            [KEYS]: placement.secrets.fingerprint,
          },
        },
        spec: {
          serviceAccountName: GATEWAY,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: podSecurity,
          imagePullSecrets: cluster.imagePullSecrets.map(name => ({ name })),
          terminationGracePeriodSeconds: draining.graceSeconds,
          nodeSelector: settings.nodeSelector,
          tolerations: settings.tolerations,
          topologySpreadConstraints: spreadOver(gatewaySelector),
          containers: [
            {
              name: 'gateway',
              image: cluster.images.platform,
              command: ['node', '--max-semi-space-size=32', PROGRAMS.gateway],
              env: gatewayVariables(placement, draining.drainMs),
              ports: [
                { name: 'http', containerPort: PORT, protocol: 'TCP' },
                { name: 'admin', containerPort: ADMIN_PORT, protocol: 'TCP' },
              ],
              ...resources('250m', '256Mi'),
              securityContext: containerSecurity,
              lifecycle: draining.lifecycle,
              readinessProbe: {
                httpGet: { path: '/health/ready', port: ADMIN_PORT },
                periodSeconds: 2,
                failureThreshold: 3,
              },
              livenessProbe: {
                httpGet: { path: '/health/live', port: ADMIN_PORT },
                periodSeconds: 10,
                timeoutSeconds: 5,
                failureThreshold: 3,
              },
              terminationMessagePolicy: 'FallbackToLogsOnError',
              volumeMounts: [{ name: 'scratch', mountPath: MOUNTS.scratch }],
            },
            {
              name: 'agent',
              image: cluster.images.platform,
              command: ['node', PROGRAMS.gatewayAgent],
              env: agentVariables(),
              ...resources('50m', '128Mi'),
              securityContext: containerSecurity,
              // It goes on until its gateway has ended: calls whose bodies still come go to runners that are there then.
              lifecycle: draining.lifecycle,
              terminationMessagePolicy: 'FallbackToLogsOnError',
              volumeMounts: [
                { name: 'scratch', mountPath: MOUNTS.scratch },
                {
                  name: 'cluster',
                  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
                  readOnly: true,
                },
              ],
            },
          ],
          volumes: [
            { name: 'scratch', emptyDir: { sizeLimit: '64Mi' } },
            {
              // As Kubernetes mounts it, for the agent alone.
              name: 'cluster',
              projected: {
                sources: [
                  {
                    serviceAccountToken: {
                      expirationSeconds: 3607,
                      path: 'token',
                    },
                  },
                  {
                    configMap: {
                      name: 'kube-root-ca.crt',
                      items: [{ key: 'ca.crt', path: 'ca.crt' }],
                    },
                  },
                  {
                    downwardAPI: {
                      items: [
                        {
                          path: 'namespace',
                          fieldRef: {
                            apiVersion: 'v1',
                            fieldPath: 'metadata.namespace',
                          },
                        },
                      ],
                    },
                  },
                ],
              },
            },
          ],
        },
      },
    },
  };
}

function gatewayVariables(
  { settings }: GatewayPlacement,
  drainMs: number,
): V1EnvVar[] {
  const said: Variables<GatewayEnvironment> = {
    GATEWAY_HOST: '0.0.0.0',
    GATEWAY_PORT: String(PORT),
    ADMIN_HOST: '0.0.0.0',
    ADMIN_PORT: String(ADMIN_PORT),
    DRAIN_TIMEOUT_MS: String(drainMs),
    ...(settings.gateway.accessLog ? { LOG_LEVEL: 'debug' } : {}),
  };
  return [
    ...plain(said),
    secret<GatewayEnvironment>('ADMIN_SECRET', 'admin-secret'),
    secret<GatewayEnvironment>('REQUEST_ID_SECRET', 'request-id-secret'),
    secret<GatewayEnvironment>(
      'METRICS_SECRET',
      METRICS_KEY.key,
      METRICS_KEY.name,
    ),
  ];
}

function agentVariables(): V1EnvVar[] {
  const field = (name: keyof GatewayAgentEnvironment, fieldPath: string) => ({
    name,
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
  });
  return [
    { name: 'ADMIN_URL', value: `http://127.0.0.1:${ADMIN_PORT}` },
    secret<GatewayAgentEnvironment>('ADMIN_SECRET', 'admin-secret'),
    secret<GatewayAgentEnvironment>('RUNNERS_KEY', 'runners-key'),
    field('NAMESPACE', 'metadata.namespace'),
    field('POD_NAME', 'metadata.name'),
    field('POD_UID', 'metadata.uid'),
  ];
}

function plain(variables: Record<string, string>): V1EnvVar[] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function secret<T>(
  name: keyof T & string,
  key: string,
  secretName = GATEWAY,
): V1EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

function resources(
  cpu: string,
  memory: string,
): Pick<V1Container, 'resources'> {
  return { resources: { requests: { cpu, memory }, limits: { memory } } };
}
