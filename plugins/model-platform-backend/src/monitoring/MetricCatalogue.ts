import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { CatalogueMetric } from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';

const metricSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be a Prometheus name: a-z, 0-9 and _'),
  type: z.enum(['counter', 'gauge', 'histogram']),
  unit: z.string().optional(),
  description: z.string().min(1),
  better: z.enum(['higher', 'lower', 'neither']).default('neither'),
  labels: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/)).max(5).optional(),
});

/**
 * The custom metrics that can be compared between projects, from
 * `modelPlatform.metricCatalogue`. All others stay on the runners.
 */
export class MetricCatalogue {
  static fromConfig(config: Config): MetricCatalogue {
    const parsed = z
      .array(metricSchema)
      .safeParse(config.getOptional('modelPlatform.metricCatalogue') ?? []);
    if (!parsed.success) {
      throw new InputError(
        `modelPlatform.metricCatalogue is not valid: ${z.prettifyError(parsed.error)}`,
      );
    }
    for (const metric of parsed.data) {
      if (/^model_(gateway|runner)_/.test(metric.name)) {
        throw new InputError(
          `modelPlatform.metricCatalogue: ${metric.name} is a name of the platform's own metrics`,
        );
      }
    }
    return new MetricCatalogue(parsed.data);
  }

  private constructor(readonly items: CatalogueMetric[]) {}

  get(name: string): CatalogueMetric | undefined {
    return this.items.find(item => item.name === name);
  }
}
