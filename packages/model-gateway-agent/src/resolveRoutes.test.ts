import { gatewayRoutesSchema, PLAN_FILE } from '@model-platform/model-wire';
import { resolveRoutes } from './resolveRoutes';

const labels = {
  system: 'crm',
  model: 'churn',
  version: '1',
  environment: 'test',
  endpoint: 'churn',
  variant: 'main',
  revision: '1',
};

const plan = (endpoint: string, variants: string[]) => ({
  data: {
    [PLAN_FILE]: JSON.stringify({
      formatVersion: 1,
      digest: `digest of ${endpoint}`,
      plan: {
        endpoint,
        revision: 1,
        variants: variants.map(name => ({
          name,
          weight: 50,
          labels,
          runners: [],
        })),
        tokens: [],
      },
      services: Object.fromEntries(
        variants.map(name => [name, `${endpoint}-${name}`]),
      ),
    }),
  },
});

const slice = (
  service: string,
  endpoints: Array<[string, string, boolean]>,
  addressType = 'IPv4',
) => ({
  addressType,
  metadata: { labels: { 'kubernetes.io/service-name': service } },
  ports: [{ port: 8080 }],
  endpoints: endpoints.map(([name, address, ready]) => ({
    addresses: [address],
    conditions: { ready },
    targetRef: { kind: 'Pod', name },
  })),
});

it('gives each variant the pods behind its service that are ready, from all slices', () => {
  const { routes, report } = resolveRoutes(
    [plan('churn', ['main', 'new']), plan('angry', ['main'])],
    [
      slice('churn-main', [
        ['pod-b', '10.0.0.2', true],
        ['pod-c', '10.0.0.3', false],
      ]),
      slice('churn-main', [['pod-a', '10.0.0.1', true]]),
      slice('churn-new', [['pod-d', 'fd00::1', true]], 'IPv6'),
      slice('of-another', [['pod-e', '10.0.0.5', true]]),
    ],
    'a-secret-of-all-runners',
  );
  // As the gateway takes it.
  expect(gatewayRoutesSchema.parse({ routes }).routes).toMatchObject([
    { endpoint: 'angry', variants: [{ runners: [] }], upstreams: {} },
    {
      endpoint: 'churn',
      variants: [
        { name: 'main', runners: ['pod-a', 'pod-b'] },
        { name: 'new', runners: ['pod-d'] },
      ],
      upstreams: {
        'pod-a': {
          url: 'http://10.0.0.1:8080',
          secret: 'a-secret-of-all-runners',
        },
        'pod-d': { url: 'http://[fd00::1]:8080' },
      },
    },
  ]);
  expect(report).toEqual({
    angry: { digest: 'digest of angry', revision: 1 },
    churn: { digest: 'digest of churn', revision: 1 },
  });
});
