import {
  ENDPOINT_LABEL,
  gatewayRoutesSchema,
  PLAN_FILE,
  runnerSecretOf,
} from '@model-platform/model-wire';
import { ResolvedRoutes, resolveRoutes } from './resolveRoutes';

const KEY = 'the-key-of-all-runners';

const labels = {
  system: 'crm',
  model: 'churn',
  version: '1',
  environment: 'test',
  endpoint: 'churn',
  variant: 'main',
  revision: '1',
};

const plan = (
  endpoint: string,
  variants: string[],
  {
    revision = 1,
    digest = `digest of ${endpoint}`,
    tokens = new Array<object>(),
  } = {},
) => ({
  data: {
    [PLAN_FILE]: JSON.stringify({
      formatVersion: 1,
      digest,
      plan: {
        endpoint,
        revision,
        variants: variants.map(name => ({
          name,
          weight: 50,
          labels: { ...labels, revision: String(revision) },
          runners: [],
        })),
        tokens,
      },
      services: Object.fromEntries(
        variants.map(name => [
          name,
          revision === 1 ? `${endpoint}-${name}` : `${endpoint}-${name}-next`,
        ]),
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
    KEY,
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
          secret: runnerSecretOf(KEY, 'churn-main'),
        },
        'pod-d': {
          url: 'http://[fd00::1]:8080',
          secret: runnerSecretOf(KEY, 'churn-new'),
        },
      },
    },
  ]);
  expect(report).toEqual({
    angry: { digest: 'digest of angry', revision: 1 },
    churn: { digest: 'digest of churn', revision: 1 },
  });
});

it('sends calls to the next revision when somebody answers them there, and asks the new tokens at once', () => {
  const resolve = (
    plans: object[],
    slices: Array<ReturnType<typeof slice>>,
    before?: ResolvedRoutes['plans'],
  ) => resolveRoutes(plans, slices, KEY, before);
  const old = slice('churn-main', [['pod-a', '10.0.0.1', true]]);
  const coming = slice('churn-main-next', [['pod-b', '10.0.0.2', false]]);
  const come = slice('churn-main-next', [['pod-b', '10.0.0.2', true]]);
  const first = resolve([plan('churn', ['main'])], [old, coming]);
  const token = { id: 'token-1', hash: 'a'.repeat(64), consumer: 'shop' };
  const next = plan('churn', ['main'], {
    revision: 2,
    digest: 'the next one',
    tokens: [token],
  });

  const waiting = resolve([next], [old, coming], first.plans);
  expect(waiting.routes).toMatchObject([
    { revision: 1, variants: [{ runners: ['pod-a'] }], tokens: [token] },
  ]);
  expect(waiting.report).toEqual(first.report);

  const taken = {
    routes: [{ revision: 2, tokens: [token] }],
    report: { churn: { digest: 'the next one', revision: 2 } },
  };
  const reached = resolve([next], [old, come], waiting.plans);
  expect(reached).toMatchObject(taken);
  expect(reached.routes[0].variants).toMatchObject([{ runners: ['pod-b'] }]);
  // Nothing is lost by it where nobody answers the old one any more,
  expect(resolve([next], [coming], first.plans)).toMatchObject(taken);
  // nothing is known of what was before, or the endpoint is off.
  expect(resolve([next], [old, coming])).toMatchObject(taken);
  expect(
    resolve([plan('churn', [])], [old, coming], first.plans).routes,
  ).toMatchObject([{ variants: [] }]);
});

it('goes on with what it had of a plan that cannot be read, leaves out what it never had, and says which', () => {
  const broken = (name: string, text: string) => ({
    metadata: { name, labels: { [ENDPOINT_LABEL]: name } },
    data: { [PLAN_FILE]: text },
  });
  const { routes, report, plans, unreadable } = resolveRoutes(
    [
      broken('half', '{"formatVersion": 1, '),
      plan('churn', ['main']),
      broken('of-tomorrow', '{"formatVersion": 2}'),
    ],
    [slice('churn-main', [['pod-a', '10.0.0.1', true]])],
    KEY,
  );
  expect(routes).toMatchObject([
    { endpoint: 'churn', variants: [{ runners: ['pod-a'] }] },
  ]);
  expect(Object.keys(report)).toEqual(['churn']);
  expect(unreadable).toEqual([
    expect.stringMatching(/^half: .*JSON/),
    expect.stringMatching(/^of-tomorrow: /),
  ]);

  const later = resolveRoutes(
    [broken('churn', '{"formatVersion": 2}')],
    [slice('churn-main', [['pod-b', '10.0.0.2', true]])],
    KEY,
    plans,
  );
  expect(later.routes).toMatchObject([
    { endpoint: 'churn', variants: [{ runners: ['pod-b'] }] },
  ]);
  expect(later.report).toEqual(report);
  expect(later.plans).toEqual(plans);
  expect(later.unreadable).toEqual([expect.stringMatching(/^churn: /)]);
});
