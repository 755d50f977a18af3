import { InputError } from '@backstage/errors';
import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { DeploymentDomain } from '../deployment';
import { PlatformContext } from '../Domain';
import { KpiReport } from './KpiReport';
import { LiveMetrics } from './LiveMetrics';
import { modelMetrics } from './modelMetrics';
import { ObservedSizes } from './size/ObservedSizes';
import { parsePeriod } from './timeRanges';

/** Routes of metrics and KPIs. */
export function monitoringRoutes(options: {
  context: Pick<
    PlatformContext,
    'callerResolver' | 'registry' | 'metricCatalogue'
  >;
  deployment: Pick<DeploymentDomain, 'readable'>;
  store: MetricsStore;
  report: KpiReport;
  live: LiveMetrics;
  collectedAt: () => Promise<Date | undefined>;
}): Router {
  const { callerResolver, registry, metricCatalogue } = options.context;
  const router = PromiseRouter();

  router.get('/v1/models/:name/metrics', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const period = parsePeriod(
      req.query.range,
      ['24h', '1h', '7d', '30d', '90d'],
      new Date(),
    );
    const model = await registry.getModel(caller, req.params.name);
    res.json(
      await modelMetrics({
        store: options.store,
        catalogue: metricCatalogue,
        model,
        period,
        collectedAt: await options.collectedAt(),
      }),
    );
  });

  router.get('/v1/models/:name/live-metrics', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const model = await registry.getModel(caller, req.params.name);
    res.set('Cache-Control', 'no-store').json(await options.live.of(model));
  });

  const sizes = new ObservedSizes(options.store);
  router.get('/v1/deployments/:name/sizes', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment, revisions } = await options.deployment.readable(
      caller,
      req.params.name,
    );
    // A variant whose version stays is in both.
    const resolved = new Map(
      revisions
        .flatMap(({ variants }) => variants)
        .map(variant => [`${variant.name} ${variant.version}`, variant]),
    );
    const variants = await Promise.all(
      [...resolved.values()].map(async ({ name, modelId, version }) => {
        const found = await registry.findVersion(modelId, version);
        const asked = { ...found?.resources, ...deployment.spec.resources };
        return {
          ...{ name, version, asked, runners: asked.replicas?.min ?? 1 },
          isForwarded: found?.image !== undefined,
        };
      }),
    );
    res.json({ items: await sizes.of(deployment.name, variants) });
  });

  router.get('/v1/kpis/overview', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const period = parsePeriod(
      req.query.range,
      ['30d', '7d', '90d'],
      new Date(),
    );
    const system = text(req, 'system');
    const owner = text(req, 'owner');
    const filter = {
      system: system && toSystemName(system),
      theme: text(req, 'theme'),
      owner: owner && toEntityRef(owner, 'group'),
    };
    res.json(await options.report.overview(caller, filter, period));
  });

  router.get('/v1/metric-catalogue', async (req, res) => {
    await callerResolver.fromRequest(req);
    res.json({ items: metricCatalogue.items() });
  });

  return router;
}

/** Throws `InputError` where it is given more than once. */
function text(req: Request, name: string): string | undefined {
  const value = req.query[name];
  if (value !== undefined && typeof value !== 'string') {
    throw new InputError(`${name} may be given once`);
  }
  return value === '' ? undefined : value;
}
