import {
  AuditorService,
  AuthService,
  DiscoveryService,
  LifecycleService,
  LoggerService,
  RootConfigService,
  SchedulerService,
  UrlReaderService,
} from '@backstage/backend-plugin-api';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { EventsService } from '@backstage/plugin-events-node';
import { NotificationService } from '@backstage/plugin-notifications-node';
import { SignalsService } from '@backstage/plugin-signals-node';
import {
  DeploymentDriver,
  MetricsStore,
} from '@model-platform/plugin-model-platform-node';
import { Router } from 'express';
import { Knex } from 'knex';
import { Authorizer } from './access/Authorizer';
import { CallerResolver } from './access/CallerResolver';
import { Claims } from './access/Claims';
import { MetadataCompliance } from './registry/compliance/MetadataCompliance';
import { MetricCatalogue } from './registry/metadata/MetricCatalogue';
import { Registry } from './registry/Registry';

/** What the plugin hands to each of its domains. */
export interface PlatformContext {
  logger: LoggerService;
  config: RootConfigService;
  /** Migrated already. */
  database: Knex;
  registry: Registry;
  compliance: MetadataCompliance;
  authorizer: Authorizer;
  callerResolver: CallerResolver;
  claims: Claims;
  metricCatalogue: MetricCatalogue;
  events: EventsService;
  signals: SignalsService;
  notifications: NotificationService;
  scheduler: SchedulerService;
  lifecycle: LifecycleService;
  auth: AuthService;
  discovery: DiscoveryService;
  auditor: AuditorService;
  catalog: CatalogService;
  urlReader: UrlReaderService;
  /** Drivers that modules added, in the order of their adding. */
  drivers: DeploymentDriver[];
  /** The store that a module put in the place of the embedded one. */
  metricsStore?: MetricsStore;
}

/** One domain of the plugin, as the plugin mounts it. */
export interface Domain {
  /**
   * Mounted at the plugin's root: its paths begin with `/v1/…`. Bodies of type
   * JSON are parsed already, up to 1 MB; a route finds its caller by
   * `callerResolver.fromRequest(req)`.
   */
  router: Router;
  /** Called when all plugins of the backend are up. */
  start?(): Promise<void>;
  /** Called when the backend shuts down. */
  stop?(): Promise<void>;
}
