import {
  KpiOverview,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { Caller } from '../access/Caller';
import { DeploymentRecord } from '../deployment/store/DeploymentRecord';
import { MetadataCompliance } from '../registry/compliance/MetadataCompliance';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { PublishingFilter, Registry } from '../registry/Registry';
import { attention } from './attention';
import { CallFigures, Counted } from './CallFigures';
import { CustomFigures } from './CustomFigures';
import { groupBy } from './groupBy';
import { sum } from './modelMetrics';
import { figure, ratio, sumPoints, toPoints } from './points';
import { Period } from './timeRanges';

const DAY_MS = 86_400_000;
const PAGE = 200;
/** As long as the embedded store keeps anything. */
const EVER_DAYS = 399;
const NO_THEME = 'none';

/** The figures that stakeholders read. */
export class KpiReport {
  constructor(
    private readonly options: {
      registry: Registry;
      compliance: MetadataCompliance;
      store: MetricsStore;
      catalogue: MetricCatalogue;
      /** What the caller may see, under the id of every model that it speaks of. */
      deployments: (caller: Caller) => Promise<Map<string, DeploymentRecord[]>>;
      collectedAt: () => Promise<Date | undefined>;
    },
  ) {}

  /**
   * Only of models that the caller may read: they are asked for first, and
   * nothing else is added up.
   */
  async overview(
    caller: Caller,
    filter: PublishingFilter,
    period: Period,
  ): Promise<KpiOverview> {
    const { registry, store, catalogue } = this.options;
    const { start, end, previousStart } = period;
    const models = await this.models(caller, filter);
    const slugs = models.map(({ slug }) => slug);
    const calls = new CallFigures(store, { model: slugs });
    const [byModel, byModelBefore, series, p95, p95Before, p95ByModel] =
      await Promise.all([
        calls.totals(start, end, ['model']),
        calls.totals(previousStart, start, ['model']),
        calls.series(period, ['model']),
        calls.quantile(0.95, start, end),
        calls.quantile(0.95, previousStart, start),
        calls.quantile(0.95, start, end, ['model']),
      ]);
    const [
      published,
      publishedBefore,
      lastPublished,
      deploymentsOf,
      collectedAt,
    ] = await Promise.all([
      registry.countPublished(caller, { ...filter, from: start, to: end }),
      registry.countPublished(caller, {
        ...filter,
        from: previousStart,
        to: start,
      }),
      registry.lastPublished(caller, { ...filter, limit: 10 }),
      this.options.deployments(caller),
      this.options.collectedAt(),
    ]);
    const counted = countedByModel(byModel);
    const now = sum(byModel);
    const before = sum(byModelBefore);
    const latency = new Map(
      p95ByModel.map(({ labels, value }) => [labels.model, value]),
    );
    return {
      range: period.range,
      filter,
      modelsPublished: figure(
        models.length,
        Math.max(models.length - published.models, 0),
      ),
      modelsInUse: figure(inUse(byModel), inUse(byModelBefore)),
      versionsPublished: figure(published.versions, publishedBefore.versions),
      calls: figure(now.calls, before.calls),
      errorRatio: figure(
        ratio(now.errors, now.calls),
        ratio(before.errors, before.calls),
      ),
      latencyP95Seconds: figure(p95[0]?.value, p95Before[0]?.value),
      callsByTheme: [...groupBy(models, themeOf)].map(([theme, ofTheme]) => {
        const own = new Set(ofTheme.map(({ slug }) => slug));
        return {
          theme,
          points: sumPoints(
            series.filter(({ labels }) => own.has(labels.model)),
            period,
          ),
        };
      }),
      modelsByTheme: countBy(models, themeOf),
      modelsByType: countBy(models, ({ type }) => type),
      modelsByOwner: countBy(models, ({ owner }) => owner),
      models: models
        .map(model => {
          const own = counted.get(model.slug);
          return {
            slug: model.slug,
            name: model.name,
            type: model.type,
            theme: model.current?.theme,
            owner: model.owner,
            system: model.system,
            risk: model.current?.risk,
            version: model.current?.number,
            lastPublishedAt: model.latest?.readyAt,
            endpoints: (deploymentsOf.get(model.id) ?? []).map(
              ({ name }) => name,
            ),
            calls: own?.calls ?? 0,
            errorRatio: own && ratio(own.errors, own.calls),
            latencyP95Seconds: latency.get(model.slug),
          };
        })
        .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1)),
      lastUpdates: lastPublished.map(
        ({ slug, name, number, at, publisher }) => ({
          slug,
          name,
          version: number,
          at,
          publisher,
        }),
      ),
      businessMetrics: await this.businessMetrics(catalogue, models, period),
      attention: await this.attention(models, deploymentsOf, end),
      collectedAt: collectedAt?.toISOString(),
    };
  }

  private async models(
    caller: Caller,
    filter: PublishingFilter,
  ): Promise<Model[]> {
    const filters = Object.entries(filter).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${value}`],
    );
    const models: Model[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.options.registry.listModels(caller, {
        filter: filters,
        limit: PAGE,
        cursor,
      });
      models.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor);
    return models;
  }

  private async businessMetrics(
    catalogue: MetricCatalogue,
    models: Model[],
    period: Period,
  ): Promise<KpiOverview['businessMetrics']> {
    const custom = new CustomFigures(
      this.options.store,
      models.map(({ slug }) => slug),
    );
    const found: KpiOverview['businessMetrics'] = [];
    for (const metric of catalogue.items()) {
      const [totals, before, series] = await Promise.all([
        custom.totals(metric, period.start, period.end),
        custom.totals(metric, period.previousStart, period.start),
        custom.series(metric, period),
      ]);
      const counting = models.filter(
        ({ slug }) => totals.has(slug) || before.has(slug),
      );
      if (counting.length > 0) {
        found.push({
          ...metric,
          models: counting.map(({ slug, name }) => {
            const own = series.filter(({ labels }) => labels.model === slug);
            return {
              slug,
              name,
              total: figure(totals.get(slug), before.get(slug)),
              points:
                metric.type === 'gauge'
                  ? toPoints(own[0])
                  : sumPoints(own, period),
            };
          }),
        });
      }
    }
    return found;
  }

  private async attention(
    models: Model[],
    deployments: Map<string, DeploymentRecord[]>,
    now: Date,
  ): Promise<KpiOverview['attention']> {
    const since = (days: number) => new Date(now.getTime() - days * DAY_MS);
    const all = new CallFigures(this.options.store, {
      model: models.map(({ slug }) => slug),
    });
    const [lastDay, lately] = await Promise.all([
      all.totals(since(1), now, ['model']),
      all.totals(since(30), now, ['model']),
    ]);
    const called = new Set(calledSlugs(lately));
    const silent = models
      .filter(({ slug }) => !called.has(slug))
      .map(({ slug }) => slug);
    const ever = new Set([
      ...called,
      ...calledSlugs(
        await new CallFigures(this.options.store, { model: silent }).totals(
          since(EVER_DAYS),
          now,
          ['model'],
        ),
      ),
    ]);
    const byModel = countedByModel(lastDay);
    const compliance = await this.options.compliance.findOf(
      models
        .filter(({ metadataComplete }) => metadataComplete === false)
        .map(({ id }) => id),
    );
    return attention(
      models.map(model => ({
        model,
        lastDay: byModel.get(model.slug),
        calledLately: called.has(model.slug),
        calledEver: ever.has(model.slug),
        shortfalls: (compliance.get(model.id)?.problems ?? []).map(
          ({ field }) => field,
        ),
        deployments: (deployments.get(model.id) ?? []).map(
          ({ name, phase, conditions, createdAt }) => ({
            name,
            phase,
            createdAt,
            message: conditions.find(
              ({ type, status }) => type === 'Degraded' && status === 'True',
            )?.message,
          }),
        ),
      })),
      now,
    );
  }
}

type ByModel = Array<Counted & { labels: Record<string, string> }>;

function countedByModel(byModel: ByModel): Map<string, Counted> {
  return new Map(
    byModel.map(({ labels, ...counted }) => [labels.model, counted]),
  );
}

function calledSlugs(byModel: ByModel): string[] {
  return byModel
    .filter(({ calls }) => calls > 0)
    .map(({ labels }) => labels.model);
}

function inUse(byModel: ByModel): number {
  return calledSlugs(byModel).length;
}

function themeOf(model: Model): string {
  return model.current?.theme ?? NO_THEME;
}

function countBy(
  models: Model[],
  keyOf: (model: Model) => string,
): Array<{ key: string; count: number }> {
  return [...groupBy(models, keyOf)]
    .map(([key, group]) => ({ key, count: group.length }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
}
