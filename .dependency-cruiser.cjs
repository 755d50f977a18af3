/** What each package may import of ours. One line a package: the map of the house. */
const own = {
  'plugins/model-platform-common': [],
  'plugins/model-platform-node': [
    'plugins/model-platform-common',
    'packages/model-wire',
  ],
  'plugins/model-platform-react': ['plugins/model-platform-common'],
  'plugins/model-platform': [
    'plugins/model-platform-common',
    'plugins/model-platform-react',
  ],
  'plugins/model-platform-backend': [
    'plugins/model-platform-common',
    'plugins/model-platform-node',
    'packages/model-file-reader',
  ],
  'plugins/model-platform-backend-module-local': [
    'plugins/model-platform-common',
    'plugins/model-platform-node',
    'packages/model-wire',
    'packages/model-python',
  ],
  'plugins/model-platform-backend-module-kubernetes': [
    'plugins/model-platform-common',
    'plugins/model-platform-node',
    'packages/model-wire',
    'packages/model-cluster',
  ],
  'plugins/model-platform-backend-module-prometheus': [
    'plugins/model-platform-node',
  ],
  'plugins/catalog-backend-module-model-platform': [
    'plugins/model-platform-common',
  ],
  'plugins/search-backend-module-model-platform': [
    'plugins/model-platform-common',
  ],
  'plugins/scaffolder-backend-module-model-platform': [
    'plugins/model-platform-common',
  ],
  'plugins/permission-backend-module-model-platform': [
    'plugins/model-platform-common',
  ],
  'plugins/auth-backend-module-sample-people': [],
  'packages/model-wire': [],
  'packages/model-python': [],
  'packages/model-cluster': [],
  'packages/model-fetch': ['packages/model-wire'],
  'packages/model-gateway': ['packages/model-wire'],
  'packages/model-gateway-agent': [
    'packages/model-wire',
    'packages/model-cluster',
  ],
  'packages/model-host': ['packages/model-wire'],
  'packages/model-runner-node': ['packages/model-wire'],
  'packages/model-file-reader': ['plugins/model-platform-common'],
  'packages/cli': [
    'plugins/model-platform-common',
    'packages/model-wire',
    'packages/model-file-reader',
    'packages/model-python',
  ],
  'packages/app': ['plugins/', 'packages/'],
  'packages/backend': ['plugins/', 'packages/'],
};

const domains = {
  access: [],
  registry: ['access'],
  deployment: ['registry', 'access'],
  monitoring: ['registry', 'deployment', 'access'],
  governance: ['registry', 'deployment', 'monitoring', 'access'],
  webhooks: ['registry', 'deployment', 'access'],
};
const backendSource = 'plugins/model-platform-backend/src';
const httpOrSql = `(^|/)node_modules/(express|express-promise-router|knex)/|^${backendSource}/http/`;

module.exports = {
  forbidden: [
    ...Object.entries(own).map(([place, allowed]) => ({
      name: `may-import: ${place}`,
      severity: 'error',
      from: { path: `^${place}/src/`, pathNot: '\\.test\\.tsx?$' },
      to: {
        path: '^(packages|plugins)/',
        pathNot: [place, ...allowed].map(name =>
          `^${name}/?`.replace(/\/\?$/, name.endsWith('/') ? '' : '/'),
        ),
      },
    })),
    ...Object.entries(domains).map(([domain, allowed]) => ({
      name: `domain: ${domain}`,
      comment:
        'Domains talk through service classes of the domains below them, never upwards.',
      severity: 'error',
      from: { path: `^${backendSource}/${domain}/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: `^${backendSource}/(${Object.keys(domains).join('|')})/`,
        pathNot: [domain, ...allowed].map(name => `^${backendSource}/${name}/`),
      },
    })),
    {
      name: 'rules-know-no-http-or-sql',
      severity: 'error',
      from: { path: `^${backendSource}/[^/]+/(Registry|Kpis)\\.ts$` },
      to: { path: httpOrSql },
    },
    {
      name: 'deployment: rules know no HTTP or SQL',
      comment: 'HTTP is at home in http/, SQL in store/ and lease/.',
      severity: 'error',
      from: {
        path: `^${backendSource}/deployment/`,
        pathNot: [
          `^${backendSource}/deployment/(http|store|lease|__testUtils__)/`,
          '\\.test\\.ts$',
        ],
      },
      to: { path: httpOrSql },
    },
    {
      name: 'deployment: only its composition knows routes and tables',
      severity: 'error',
      from: {
        path: `^${backendSource}/deployment/[^/]+/`,
        pathNot: [
          `^${backendSource}/deployment/(http|store|__testUtils__)/`,
          '\\.test\\.ts$',
        ],
      },
      to: {
        path: `^${backendSource}/deployment/(http/|store/(Database|[a-z]))`,
      },
    },
    {
      name: 'wire-has-no-io',
      severity: 'error',
      from: { path: '^packages/model-wire/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util)$' },
    },
    {
      name: 'no-cycles-between-packages',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|dist-types|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
