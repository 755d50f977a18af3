import {
  coreServices,
  createBackendPlugin,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import { modelPlatformPermissions } from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  DeploymentDriver,
  deploymentDriversExtensionPoint,
  MetricsStore,
  storesExtensionPoint,
} from '@model-platform/plugin-model-platform-node';
import { Router } from 'express';
import { Authorizer } from './access/Authorizer';
import { CallerResolver } from './access/CallerResolver';
import { CatalogMemberships } from './access/CatalogMemberships';
import { CiIdentities } from './access/ci/CiIdentities';
import { readCiIdentities } from './access/ci/readCiIdentities';
import { Claims } from './access/Claims';
import { DatabasePublisherTokenStore } from './access/DatabasePublisherTokenStore';
import { modelPermissionResourceRef } from './access/modelResource';
import { Publishers } from './access/Publishers';
import { PublisherTokens } from './access/PublisherTokens';
import { readConfiguredTokens } from './access/readConfiguredTokens';
import { requirePermissions } from './access/requirePermissions';
import { accessRoutes } from './access/routes';
import { modelRules } from './access/rules';
import { WorkloadIdentities } from './access/workloads/WorkloadIdentities';
import { migrateDatabase } from './database/migrateDatabase';
import { createDeploymentDomain } from './deployment';
import { PlatformContext } from './Domain';
import { cliRoutes } from './http/cliRoutes';
import { databaseErrors } from './http/databaseErrors';
import { jsonBodies } from './http/jsonBodies';
import { refuseNul } from './http/refuseNul';
import { createMonitoringDomain } from './monitoring';
import { openApiRoutes } from './openapi/openApiRoutes';
import { AliasRules } from './registry/aliases/AliasRules';
import { DatabaseApprovalStore } from './registry/aliases/DatabaseApprovalStore';
import { announceModels } from './registry/announceModels';
import { createArtifactStore } from './registry/artifacts/createArtifactStore';
import { DatabaseBlobReferences } from './registry/artifacts/DatabaseBlobReferences';
import { GarbageCollector } from './registry/artifacts/GarbageCollector';
import { DatabaseUploadStore } from './registry/mlflow/artifacts/DatabaseUploadStore';
import { cleanRegistry } from './registry/cleanRegistry';
import { DatabaseHistoryStore } from './registry/DatabaseHistoryStore';
import { DatabaseComplianceStore } from './registry/compliance/DatabaseComplianceStore';
import { keepCompliance } from './registry/compliance/keepCompliance';
import { MetadataCompliance } from './registry/compliance/MetadataCompliance';
import { complianceRoutes } from './registry/compliance/routes';
import { DatabaseModelStore } from './registry/DatabaseModelStore';
import { DatabaseVersionStore } from './registry/DatabaseVersionStore';
import { CatalogEntityDirectory } from './registry/EntityDirectory';
import { lifeRoutes } from './registry/lifeRoutes';
import { indexStaleModels } from './registry/finding/indexStaleModels';
import { MetadataSchemas } from './registry/metadata/MetadataSchemas';
import { MetricCatalogue } from './registry/metadata/MetricCatalogue';
import { createMlflowRoutes } from './registry/mlflow/createMlflowRoutes';
import { PicklePolicy } from './registry/pickles/PicklePolicy';
import { PublishCheck } from './registry/PublishCheck';
import { ModelFileReader } from './registry/reading/ModelFileReader';
import { VersionReadings } from './registry/reading/VersionReadings';
import { Registry } from './registry/Registry';
import { registryRoutes } from './registry/routes';
import { createWebhooksDomain } from './webhooks';
import { SystemQuotas } from './registry/SystemQuotas';

const DEFAULT_MAX_FILE_BYTES = 10 * 1024 ** 3;
const DEFAULT_DRAFT_LIFE_HOURS = 24;

/** Registry, deployment and monitoring of models. @public */
export const modelPlatformPlugin = createBackendPlugin({
  pluginId: 'model-platform',
  register(env) {
    const drivers: DeploymentDriver[] = [];
    let artifactStore: ArtifactStore | undefined;
    let metricsStore: MetricsStore | undefined;

    env.registerExtensionPoint(deploymentDriversExtensionPoint, {
      addDriver(driver) {
        if (drivers.some(({ name }) => name === driver.name)) {
          throw new Error(
            `There are two deployment drivers of the name ${driver.name}`,
          );
        }
        drivers.push(driver);
      },
    });
    env.registerExtensionPoint(storesExtensionPoint, {
      setArtifactStore(store) {
        if (artifactStore)
          throw new Error('There are two modules that set the artifact store');
        artifactStore = store;
      },
      setMetricsStore(store) {
        if (metricsStore)
          throw new Error('There are two modules that set the metrics store');
        metricsStore = store;
      },
    });

    env.registerInit({
      deps: {
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        scheduler: coreServices.scheduler,
        signals: signalsServiceRef,
        urlReader: coreServices.urlReader,
        userInfo: coreServices.userInfo,
      },
      async init(services) {
        const {
          auth,
          catalog,
          config,
          httpAuth,
          httpRouter,
          lifecycle,
          logger,
        } = services;
        requirePermissions(config);
        const knex = await migrateDatabase(services.database);
        const indexed = await indexStaleModels(knex);
        if (indexed > 0) logger.info(`Indexed ${indexed} models for search`);

        const memberships = new CatalogMemberships({ catalog, auth });
        const tokens = new PublisherTokens({
          store: DatabasePublisherTokenStore.create({ knex }),
          memberships,
          onError: error =>
            logger.warn(`The last use of a token was not noted: ${error}`),
        });
        await tokens.configure(readConfiguredTokens(config));
        const ci = new CiIdentities(readCiIdentities(config));
        const callerResolver = new CallerResolver({
          auth,
          httpAuth,
          tokens,
          ci,
          workloads: new WorkloadIdentities(drivers),
        });
        const { permissions, permissionsRegistry } = services;
        const authorizer = new Authorizer({ permissions, permissionsRegistry });

        const claims = new Claims({ userInfo: services.userInfo });

        const store = DatabaseModelStore.create({ knex });
        const versions = DatabaseVersionStore.create({ knex });
        const artifacts =
          artifactStore ?? (await createArtifactStore(config, logger));
        const references = DatabaseBlobReferences.create({ knex });
        const directory = new CatalogEntityDirectory({ catalog, auth });
        const schemas = MetadataSchemas.fromConfig(config);
        const metricCatalogue = MetricCatalogue.fromConfig(config);
        const maxFileBytes =
          config.getOptionalNumber('modelPlatform.limits.maxFileBytes') ??
          DEFAULT_MAX_FILE_BYTES;
        const quotas = SystemQuotas.fromConfig(config);
        const check = new PublishCheck({
          schemas,
          catalogue: metricCatalogue,
          directory,
          pickles: PicklePolicy.fromConfig(config),
          maxFileBytes,
        });
        const readings = new VersionReadings({
          artifacts,
          reader: new ModelFileReader(),
          onError: error =>
            logger.error(`A model's file could not be read: ${error}`),
        });
        const registry = new Registry({
          store,
          versions,
          history: DatabaseHistoryStore.create({ knex }),
          approvals: DatabaseApprovalStore.create({ knex }),
          aliasRules: AliasRules.fromConfig(config),
          artifacts,
          references,
          authorizer,
          claims,
          directory,
          check,
          readings,
          quotas,
          draftLifeMs:
            (config.getOptionalNumber('modelPlatform.limits.draftLifeHours') ??
              DEFAULT_DRAFT_LIFE_HOURS) * 3_600_000,
          onListenerError: error =>
            logger.error(`A change of a model was not passed on: ${error}`),
        });
        registry.onChanged(
          announceModels({
            events: services.events,
            signals: services.signals,
            logger,
          }),
        );
        permissionsRegistry.addResourceType({
          resourceRef: modelPermissionResourceRef,
          permissions: modelPlatformPermissions,
          rules: Object.values(modelRules),
          getResources: async refs =>
            await Promise.all(
              refs.map(
                async ref =>
                  (await registry.findModelById(ref)) ??
                  (await registry.findModel(ref)),
              ),
            ),
        });
        await cleanRegistry({
          registry,
          garbage: new GarbageCollector({ artifacts, references }),
          uploads: DatabaseUploadStore.create({ knex }),
          config,
          scheduler: services.scheduler,
          logger,
        });

        const compliance = new MetadataCompliance({
          store: DatabaseComplianceStore.create({ knex }),
          registry,
          check,
        });
        await keepCompliance({
          registry,
          compliance,
          scheduler: services.scheduler,
          logger,
        });

        const context: PlatformContext = {
          ...services,
          database: knex,
          registry,
          compliance,
          authorizer,
          callerResolver,
          claims,
          metricCatalogue,
          drivers,
          metricsStore,
        };
        const deployment = await createDeploymentDomain(context);
        const monitoring = await createMonitoringDomain(context, deployment);
        deployment.useFigures(monitoring.figures);
        const webhooks = await createWebhooksDomain(context, deployment, {
          tokens,
          memberships,
          claims,
        });

        // Each route finds its caller itself, by `callerResolver`: our own tokens are none of the portal's.
        for (const path of ['/v1', '/mlflow', '/openapi.json', '/cli.tgz']) {
          httpRouter.addAuthPolicy({ path, allow: 'unauthenticated' });
        }
        const router = Router();
        // Before the rest of MLflow's API, which answers what is none of its own.
        router.use(webhooks.mlflowRouter);
        router.use(
          createMlflowRoutes({
            knex,
            config,
            registry,
            artifacts,
            references,
            authorizer,
            callerResolver,
            directory,
            schemas,
            readings,
            quotas,
            maxFileBytes,
            onWritten: webhooks.wake,
            url: `${await services.discovery.getExternalBaseUrl(
              'model-platform',
            )}/mlflow`,
            logger,
          }),
        );
        router.use(refuseNul);
        router.use(jsonBodies());
        router.use(openApiRoutes());
        router.use(cliRoutes(config));
        router.use(registryRoutes({ registry, callerResolver, schemas }));
        router.use(lifeRoutes({ registry, callerResolver }));
        router.use(complianceRoutes({ compliance, callerResolver }));
        router.use(
          accessRoutes({
            publishers: new Publishers({ tokens, ci, authorizer, claims }),
            callerResolver,
          }),
        );
        router.use(deployment.router);
        router.use(monitoring.router);
        router.use(webhooks.router);
        router.use(databaseErrors);
        httpRouter.use(router);

        const domains = [deployment, monitoring, webhooks];
        lifecycle.addStartupHook(async () => {
          for (const domain of domains) await domain.start?.();
        });
        lifecycle.addShutdownHook(async () => {
          for (const domain of [...domains].reverse())
            await stopped(domain.stop?.bind(domain), logger);
        });
      },
    });
  },
});

async function stopped(
  stop: (() => Promise<void>) | undefined,
  logger: LoggerService,
): Promise<void> {
  try {
    await stop?.();
  } catch (error) {
    logger.error(`Could not stop in order: ${error}`);
  }
}
