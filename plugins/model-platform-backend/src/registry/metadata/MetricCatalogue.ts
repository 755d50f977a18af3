import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { CatalogueMetric } from '@model-platform/plugin-model-platform-common';

const TYPES = ['counter', 'gauge', 'histogram'] as const;
const DIRECTIONS = ['higher', 'lower', 'neither'] as const;

/** The metrics that can be compared between projects; only these are collected centrally. */
export class MetricCatalogue {
  /** Throws where an entry of `modelPlatform.metricCatalogue` is wrong. */
  static fromConfig(config: Config): MetricCatalogue {
    const entries =
      config.getOptionalConfigArray('modelPlatform.metricCatalogue') ?? [];
    return new MetricCatalogue(
      entries.map((entry, index) => ({
        name: entry.getString('name'),
        type: oneOf(TYPES, entry.getString('type'), index, 'type'),
        unit: entry.getOptionalString('unit'),
        description: entry.getString('description'),
        better: oneOf(
          DIRECTIONS,
          entry.getOptionalString('better') ?? 'neither',
          index,
          'better',
        ),
        labels: entry.getOptionalStringArray('labels'),
      })),
    );
  }

  private readonly byName: Map<string, CatalogueMetric>;

  constructor(metrics: CatalogueMetric[]) {
    this.byName = new Map(metrics.map(metric => [metric.name, metric]));
  }

  items(): CatalogueMetric[] {
    return [...this.byName.values()];
  }

  get(name: string): CatalogueMetric | undefined {
    return this.byName.get(name);
  }
}

function oneOf<T extends string>(
  allowed: readonly T[],
  given: string,
  index: number,
  key: string,
): T {
  const found = allowed.find(one => one === given);
  if (!found) {
    throw new InputError(
      `modelPlatform.metricCatalogue[${index}].${key} is '${given}'; it must be one of ${allowed.join(
        ', ',
      )}`,
    );
  }
  return found;
}
