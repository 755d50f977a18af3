import { CanaryFigures, DeploymentDomain } from '../deployment';
import { Domain, PlatformContext } from '../Domain';
import { Collector } from './Collector';
import { DatabaseMetricsStore } from './DatabaseMetricsStore';
import { KpiReport } from './KpiReport';
import { LiveMetrics } from './LiveMetrics';
import { RevisionFigures } from './RevisionFigures';
import { monitoringRoutes } from './routes';

/** The monitoring domain, with what deployments ask of it. */
export interface MonitoringDomain extends Domain {
  figures: CanaryFigures;
}

/** Puts the monitoring domain together; it reads registry and deployments. */
export async function createMonitoringDomain(
  context: PlatformContext,
  deployment: DeploymentDomain,
): Promise<MonitoringDomain> {
  const { config, database, registry, compliance, metricCatalogue } = context;
  const logger = context.logger.child({ domain: 'monitoring' });
  const intervalMs =
    (config.getOptionalNumber('modelPlatform.metrics.scrapeIntervalSeconds') ??
      5) * 1000;
  const embedded = context.metricsStore
    ? undefined
    : DatabaseMetricsStore.create({ knex: database, intervalMs });
  const store = context.metricsStore ?? embedded;
  if (!store) {
    throw new Error('There is no metrics store');
  }
  // Another engine collects by itself.
  const collector =
    embedded &&
    new Collector({
      store: embedded,
      catalogue: metricCatalogue,
      drivers: () => deployment.environments.drivers(),
      environmentsOf: driver => deployment.environments.of(driver),
      lease: deployment.lease,
      logger,
      intervalMs,
    });
  const collectedAt = async () => await store.collectedAt();
  const report = new KpiReport({
    registry,
    compliance,
    store,
    catalogue: metricCatalogue,
    deployments: caller => deployment.readableByModel(caller),
    collectedAt,
  });
  const live = new LiveMetrics({
    drivers: () => deployment.environments.drivers(),
    catalogue: metricCatalogue,
  });
  const stopped = new AbortController();
  let work: Promise<unknown> = Promise.resolve();
  return {
    figures: new RevisionFigures({ store, catalogue: metricCatalogue }),
    router: monitoringRoutes({
      ...{ context, deployment, store, report, live, collectedAt },
    }),
    async start() {
      work = collector?.run(stopped.signal) ?? work;
    },
    async stop() {
      stopped.abort();
      await work;
    },
  };
}
