import {
  LiveModelMetrics,
  LiveSeries,
  Model,
} from '@model-platform/plugin-model-platform-common';
import {
  DeploymentDriver,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import pLimit from 'p-limit';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { parsePrometheusText } from './parsePrometheusText';
import { isAlwaysCollected } from './selectSamples';
import { TargetReader } from './TargetReader';

const MAX_CONCURRENT = 8;
/** Of all runners together; a metric has a hundred and one at most. */
const MAX_SERIES = 2_000;
/** Of every runner alike; what a model's own code counts comes before. */
const STANDARD = /^model_runner_/;
/** Of the client libraries. */
const OF_LIBRARIES = /^(process_|nodejs_|python_)/;
/** A histogram is told by its sum and count here. */
const BUCKET = /_bucket$/;
/** They tell whose series it is, and stand beside its own labels. */
const WHOSE = new Set([
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
]);

/**
 * What runners count beyond the figures that are collected of all of them: what
 * a model's code does, and how its calls and solves end. As they say it this
 * moment; nothing of it is stored.
 */
export class LiveMetrics {
  private readonly reader = new TargetReader();

  private readonly limit = pLimit(MAX_CONCURRENT);

  constructor(
    private readonly options: {
      drivers: () => DeploymentDriver[];
      catalogue: MetricCatalogue;
    },
  ) {}

  async of({ slug }: Pick<Model, 'slug'>): Promise<LiveModelMetrics> {
    const unread: string[] = [];
    const targets = await Promise.all(
      this.options.drivers().map(async driver => {
        try {
          return await driver.scrapeTargets();
        } catch {
          unread.push(driver.name);
          return [];
        }
      }),
    );
    const runners = targets
      .flat()
      .filter(
        ({ kind, labels }) => kind === 'runner' && labels?.model === slug,
      );
    const read = await Promise.all(
      runners.map(target =>
        this.limit(async () => {
          try {
            return this.seriesOf(target, await this.reader.read(target));
          } catch {
            // Busy or gone this moment; the page asks again.
            unread.push(target.id);
            return [];
          }
        }),
      ),
    );
    return {
      readAt: new Date().toISOString(),
      runners: runners.length,
      unread,
      series: read.flat().slice(0, MAX_SERIES),
    };
  }

  private seriesOf(
    { id, labels: whose = {} }: ScrapeTarget,
    text: string,
  ): LiveSeries[] {
    return parsePrometheusText(text)
      .samples.filter(
        ({ name, value }) =>
          !OF_LIBRARIES.test(name) &&
          !isAlwaysCollected(name) &&
          !BUCKET.test(name) &&
          Number.isFinite(value),
      )
      .sort(
        (left, right) =>
          Number(STANDARD.test(left.name)) - Number(STANDARD.test(right.name)),
      )
      .map(({ name, labels, value }) => ({
        metric: name,
        runner: id,
        endpoint: whose.endpoint,
        variant: whose.variant,
        version: whose.version,
        labels: Object.fromEntries(
          Object.entries(labels).filter(([label]) => !WHOSE.has(label)),
        ),
        value,
        isCollected: this.isCollected(name),
      }));
  }

  private isCollected(name: string): boolean {
    const { catalogue } = this.options;
    return Boolean(
      catalogue.get(name) ?? catalogue.get(name.replace(/_(sum|count)$/, '')),
    );
  }
}
