import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { z } from 'zod';

const quantity = z.string().regex(/^\d+(\.\d+)?(m|[kMGT]i?)?$/);

const toleration = z.strictObject({
  key: z.string().optional(),
  operator: z.enum(['Exists', 'Equal']).optional(),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional(),
});

const labels = z.record(z.string(), z.string());

const clusterSchema = z.strictObject({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  namespacePrefix: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,20}$/)
    .default('models'),
  secretKey: z.string().min(32),
  portalUrl: z.url({ protocol: /^https?$/ }),
  audience: z.string().default('model-platform'),
  images: z.strictObject({ platform: z.string(), python: z.string() }),
  packageIndex: z
    .url({ protocol: /^https?$/ })
    .refine(url => new URL(url).username === '', 'must have no password in it')
    .default('https://pypi.org/simple'),
  imagePullSecrets: z.array(z.string()).default([]),
});

const environmentSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  route: z
    .strictObject({
      hostnames: z.array(z.string()).default([]),
      gateways: z
        .array(
          z.strictObject({
            name: z.string(),
            namespace: z.string(),
            sectionName: z.string().optional(),
          }),
        )
        .min(1),
    })
    .optional(),
  gateway: z
    .strictObject({
      replicas: z
        .strictObject({
          min: z.number().int().min(1),
          max: z.number().int().min(1),
        })
        .refine(({ min, max }) => min <= max, 'min must not exceed max')
        .default({ min: 2, max: 6 }),
      accessLog: z.boolean().default(false),
    })
    .prefault({}),
  batches: z
    .strictObject({
      maxRows: z.number().int().min(0).optional(),
      maxDelayMs: z.number().int().min(0).optional(),
    })
    .default({}),
  resources: z
    .strictObject({
      cpu: quantity.default('500m'),
      memory: quantity.default('512Mi'),
    })
    .default({ cpu: '500m', memory: '512Mi' }),
  imageRegistries: z
    .array(
      z.strictObject({
        prefix: z
          .string()
          .regex(
            /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*\/?$/,
            'must be a registry, or a part of it, such as registry.example.org/crm',
          ),
        pullSecret: z.string().optional(),
        systems: z.array(z.string()).optional(),
      }),
    )
    .default([]),
  nodeSelector: labels.default({}),
  tolerations: z.array(toleration).default([]),
  gpu: z
    .strictObject({
      nodeSelector: labels.default({}),
      tolerations: z.array(toleration),
    })
    .default({
      nodeSelector: {},
      tolerations: [
        { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' },
      ],
    }),
  collector: z
    .strictObject({
      namespaceLabels: labels,
      podLabels: labels.optional(),
      monitorLabels: labels.optional(),
    })
    .optional(),
  artifacts: z
    .strictObject({
      bucket: z.string().min(1),
      region: z.string().default('us-east-1'),
      prefix: z.string().optional(),
      endpoint: z.url({ protocol: /^https?$/ }).optional(),
      forcePathStyle: z.boolean().default(false),
      credentials: z.strictObject({
        accessKeyId: z.string().min(1),
        secretAccessKey: z.string().min(1),
      }),
    })
    .optional(),
  egress: z
    .array(
      z.strictObject({
        cidr: z.string(),
        ports: z.array(z.number().int().min(1).max(65_535)).min(1),
      }),
    )
    .default([]),
});

/** The cluster, and what all its environments have in common. */
export type ClusterSettings = z.infer<typeof clusterSchema>;
export type EnvironmentSettings = z.infer<typeof environmentSchema>;

/** `modelPlatform.kubernetes`, and `kubernetes` of each environment that has this driver. */
export class KubernetesSettings {
  /** @throws InputError that names what is wrong, and no secret */
  static fromConfig(config: Config): KubernetesSettings {
    const where = 'modelPlatform.kubernetes';
    const cluster = parse(clusterSchema, where, {
      portalUrl: config.getOptionalString('backend.baseUrl'),
      ...config.get<Record<string, unknown>>(where),
    });
    const entries =
      config.getOptionalConfigArray('modelPlatform.environments') ?? [];
    const environments = new Map<string, EnvironmentSettings>();
    for (const [index, entry] of entries.entries()) {
      if (entry.getOptionalString('driver') !== 'kubernetes') continue;
      const name = entry.getString('name');
      const place = `modelPlatform.environments[${index}]`;
      if (!/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/.test(name)) {
        throw new InputError(
          `${place}.name is wrong: '${name}' becomes part of the names of namespaces; take a-z, 0-9 and -, 22 characters at most`,
        );
      }
      environments.set(
        name,
        parse(
          environmentSchema,
          `${place}.kubernetes`,
          entry.getOptional('kubernetes') ?? {},
        ),
      );
    }
    const catalogue =
      config.getOptionalConfigArray('modelPlatform.metricCatalogue') ?? [];
    return new KubernetesSettings(
      cluster,
      environments,
      catalogue.map(entry => entry.getString('name')),
    );
  }

  private constructor(
    readonly cluster: ClusterSettings,
    private readonly environments: ReadonlyMap<string, EnvironmentSettings>,
    /** That are collected of what models count themselves. */
    readonly collectedMetrics: readonly string[],
  ) {}

  /** Whether endpoints of any environment are reached through the Gateway API. */
  get hasRoutes(): boolean {
    return [...this.environments.values()].some(({ route }) => route);
  }

  find(name: string | undefined): EnvironmentSettings | undefined {
    return name === undefined ? undefined : this.environments.get(name);
  }

  environment(name: string): EnvironmentSettings {
    const settings = this.environments.get(name);
    if (!settings) {
      throw new InputError(
        `The environment ${name} is not one of the driver kubernetes (modelPlatform.environments)`,
      );
    }
    return settings;
  }
}

function parse<T>(schema: z.ZodType<T>, where: string, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new InputError(
      `${where} is wrong: ${parsed.error.issues
        .map(({ path, message }) => `${path.join('.')}: ${message}`)
        .join('; ')}`,
    );
  }
  return parsed.data;
}
