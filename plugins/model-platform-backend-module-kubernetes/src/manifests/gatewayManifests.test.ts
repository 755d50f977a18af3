import { ConfigReader } from '@backstage/config';
import {
  V1Deployment,
  V1NetworkPolicy,
  V1Secret,
} from '@kubernetes/client-node';
import { KubernetesSettings } from '../KubernetesSettings';
import { dnsEgress } from './dnsEgress';
import { gatewaySelector } from './GatewayPlacement';
import { gatewayManifests } from './gatewayManifests';
import { monitorManifests } from './monitorManifests';
import { staysUp } from './__testUtils__/staysUp';

const settings = KubernetesSettings.fromConfig(
  new ConfigReader({
    backend: { baseUrl: 'https://portal.example.org' },
    modelPlatform: {
      kubernetes: {
        secretKey: 'k'.repeat(32),
        images: { platform: 'platform:1', python: 'python:1' },
      },
      environments: [
        {
          name: 'live',
          driver: 'kubernetes',
          kubernetes: {
            url: 'https://models.example.org',
            collector: { namespaceLabels: { name: 'monitoring' } },
          },
        },
      ],
    },
  }),
);

const placement = {
  namespace: 'models-crm--live',
  system: 'crm',
  environment: 'live',
  cluster: settings.cluster,
  settings: settings.environment('live'),
  collectedMetrics: [],
  secrets: {
    admin: 'opens routes',
    runners: 'opens models',
    requestId: 'makes outcomes',
    metrics: 'opens figures',
    fingerprint: 'of the key',
  },
};
const manifests = gatewayManifests(placement);

const secret = (name: string, key: string) => {
  const found = manifests.find(
    ({ kind, metadata }) => kind === 'Secret' && metadata?.name === name,
  ) as V1Secret;
  const text = found.data?.[key] ?? '';
  return {
    keys: Object.keys(found.data ?? {}),
    value: Buffer.from(text, 'base64').toString(),
  };
};

describe('what a namespace with its gateway is', () => {
  it('writes a line for each call where the environment says so', () => {
    const levelOf = (accessLog: boolean) => {
      const live = placement.settings;
      const gateway = gatewayManifests({
        ...placement,
        settings: { ...live, gateway: { ...live.gateway, accessLog } },
      }).find(({ kind }) => kind === 'Deployment') as V1Deployment;
      const [program] = gateway.spec?.template.spec?.containers ?? [];
      return program.env?.find(({ name }) => name === 'LOG_LEVEL')?.value;
    };
    expect(placement.settings.gateway).toEqual({
      replicas: { min: 2, max: 6 },
      accessLog: false,
    });
    expect([levelOf(false), levelOf(true)]).toEqual([undefined, 'debug']);
  });

  it('lets whoever collects figures have the key to them alone', () => {
    const monitors = monitorManifests(placement);
    expect(monitors).toHaveLength(3);
    for (const { spec } of monitors) {
      const { name, key } =
        spec.podMetricsEndpoints[0].authorization.credentials;
      // All of the secret may be read by who reads one key.
      expect(secret(name, key)).toEqual({
        keys: [key],
        value: 'opens figures',
      });
    }
    const gateway = manifests.find(
      ({ kind }) => kind === 'Deployment',
    ) as V1Deployment;
    const [program, agent] = gateway.spec?.template.spec?.containers ?? [];
    const told = program.env?.find(({ name }) => name === 'METRICS_SECRET');
    const { name = '', key = '' } = told?.valueFrom?.secretKeyRef ?? {};
    expect(secret(name, key).value).toBe('opens figures');
    expect(JSON.stringify(agent)).not.toContain('METRICS_SECRET');
  });

  it("says of figures whose they are, also of systems outside the catalog's namespace", () => {
    const [, ...runners] = monitorManifests({
      ...placement,
      system: 'other/crm',
    });
    expect(runners).toHaveLength(2);
    for (const { metadata, spec } of runners) {
      expect(metadata?.labels?.['model-platform.io/system']).toMatch(
        /^other-crm-[0-9a-f]{10}$/,
      );
      const [{ relabelings }] = spec.podMetricsEndpoints;
      expect(relabelings).toContainEqual({
        targetLabel: 'system',
        replacement: 'other/crm',
      });
    }
  });

  it('lets callers in and calls out to its runners, and nothing else', () => {
    const [everybody, own] = manifests.filter(
      ({ kind }) => kind === 'NetworkPolicy',
    ) as V1NetworkPolicy[];
    expect(everybody.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    expect(own.spec).toEqual({
      podSelector: { matchLabels: gatewaySelector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: [{ protocol: 'TCP', port: 8080 }] },
        {
          _from: [
            { namespaceSelector: { matchLabels: { name: 'monitoring' } } },
          ],
          ports: [{ protocol: 'TCP', port: 9090 }],
        },
      ],
      egress: [
        dnsEgress,
        {
          ports: [443, 6443].map(port => ({ protocol: 'TCP', port })),
        },
        {
          to: [
            {
              podSelector: {
                matchLabels: { 'app.kubernetes.io/component': 'runner' },
              },
            },
          ],
          ports: [{ protocol: 'TCP', port: 8080 }],
        },
      ],
    });
  });

  it('goes on while one of its pods, or the node of one, goes', () => {
    expect.hasAssertions();
    staysUp(manifests, gatewaySelector, {
      graceSeconds: 3_610,
      drainMs: '3600000',
      ready: { path: '/health/ready', port: 9090 },
      live: { path: '/health/live', port: 9090 },
    });
  });
});
