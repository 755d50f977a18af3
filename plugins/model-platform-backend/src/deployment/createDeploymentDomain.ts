import {
  DEPLOYMENT_EVENTS_TOPIC,
  DeploymentEvent,
  GIT_EVENTS_TOPIC,
  MODEL_EVENTS_TOPIC,
  SIGNALS_CHANNEL,
} from '@model-platform/plugin-model-platform-common';
import { Caller } from '../access/Caller';
import { atMostEvery } from '../atMostEvery';
import { Domain, PlatformContext } from '../Domain';
import { CanaryFigures } from './canary/CanaryFigures';
import { DatabaseDeploymentStore } from './store/DatabaseDeploymentStore';
import { DeclarationFiles } from './git/DeclarationFiles';
import { DeploymentAccess } from './access/DeploymentAccess';
import { DeploymentDeclarations } from './git/DeploymentDeclarations';
import { DeploymentNotices } from './DeploymentNotices';
import { DeploymentLogs } from './logs/DeploymentLogs';
import { Deployments } from './Deployments';
import { DeploymentRecord } from './store/DeploymentRecord';
import { RevisionRecord } from './revisions/RevisionStore';
import { Endpoints } from './endpoints/Endpoints';
import { EndpointTokens } from './endpoints/EndpointTokens';
import { Environments } from './environments/Environments';
import { DeploymentApprovals } from './gates/DeploymentApprovals';
import { registryEvidence } from './gates/registryEvidence';
import { GitDeployments } from './git/GitDeployments';
import { LeaderLease } from './lease/LeaderLease';
import { Reconciler } from './reconcile/Reconciler';
import { readableByModel } from './models/readableByModel';
import { readLeaseSeconds } from './lease/readLeaseSeconds';
import { registryModels } from './models/registryModels';
import { deploymentRoutes } from './http/deploymentRoutes';
import { versionsInUse } from './models/versionsInUse';

/** Changes of models that are made together are looked at together. */
const BURST_MS = 200;
/** The catalog takes a moment anyway until it shows what was declared. */
const GIT_BURST_MS = 1_000;
const DROP_TOKENS_EVERY_MS = 3_600_000;
const DEFAULT_TOKENS_PER_ENDPOINT = 1_000;
/** Expired tokens are listed for so long. */
const KEEP_EXPIRED_MS = 7 * 86_400_000;

/** The deployment domain, with what other domains may ask of it. */
export interface DeploymentDomain extends Domain {
  /** Held by the process that reconciles and collects. */
  lease: LeaderLease;
  deployments: Deployments;
  environments: Environments;
  /** How revisions did, for the analysis of canaries and for triggers; until then there are no figures. */
  useFigures(figures: CanaryFigures): void;
  /** What the caller may see, under the id of every model that it speaks of. */
  readableByModel(caller: Caller): Promise<Map<string, DeploymentRecord[]>>;
  /** With what it serves, and what it shall serve. Throws `NotFoundError` where the caller may not see it, too. */
  readable(
    caller: Caller,
    name: string,
  ): Promise<{ deployment: DeploymentRecord; revisions: RevisionRecord[] }>;
}

/** Puts the deployment domain together. */
export async function createDeploymentDomain(
  context: PlatformContext,
): Promise<DeploymentDomain> {
  const { config, database, events, signals, registry } = context;
  const logger = context.logger.child({ domain: 'deployment' });
  const store = DatabaseDeploymentStore.create({ knex: database });
  const models = registryModels(registry);
  registry.addUser(versionsInUse(store));
  const environments = Environments.fromConfig(config, context.drivers);
  const lease = LeaderLease.create({
    knex: database,
    ttlMs: readLeaseSeconds(config) * 1000,
    exclusive: /sqlite/.test(String(database.client.config.client)),
    onChanged: fencing =>
      logger.info(
        fencing === undefined
          ? 'This portal no longer leads'
          : `This portal leads now, with the lease number ${fencing}`,
      ),
  });
  const stopped = new AbortController();

  const tellPages = () => {
    signals
      .publish({
        channel: SIGNALS_CHANNEL,
        recipients: { type: 'broadcast' },
        message: { changed: 'deployments' },
      })
      .catch(error => logger.warn(`Pages could not be told: ${error}`));
  };
  const notices = new DeploymentNotices({
    notifications: context.notifications,
    store,
    models,
    logger,
  });
  const announce = (
    deployment: DeploymentRecord,
    action: DeploymentEvent['action'],
  ) => {
    void notices.changed(deployment, action);
    const event: DeploymentEvent = {
      name: deployment.name,
      modelId: deployment.modelId,
      modelSlug: deployment.modelSlug,
      action,
    };
    events
      .publish({ topic: DEPLOYMENT_EVENTS_TOPIC, eventPayload: event })
      .catch(error => logger.warn(`An event could not be published: ${error}`));
    tellPages();
  };
  let figures: CanaryFigures | undefined;
  const deployments = new Deployments({
    store,
    models,
    environments,
    metric: name => context.metricCatalogue.get(name),
    announce,
    rolledBack: (deployment, reason) =>
      void notices.rolledBack(deployment, reason),
    evidence: registryEvidence(context.compliance),
    aliasMover: (modelId, alias) => registry.aliasMover(modelId, alias),
    figures: () => figures,
    onUnreadable: ({ name }, error) =>
      logger.warn(
        `Deployment ${name}: its triggers wait for figures: ${error}`,
      ),
  });
  const readyTimeoutSeconds = config.getOptionalNumber(
    'modelPlatform.deployments.readyTimeoutSeconds',
  );
  const reconciler = new Reconciler({
    store,
    deployments,
    models,
    environments,
    lease,
    figures: {
      read: async query => (await figures?.read(query)) ?? new Map(),
      completeUntil: async of => await figures?.completeUntil(of),
    },
    logger,
    announce,
    progressed: tellPages,
    readyTimeoutMs:
      readyTimeoutSeconds === undefined
        ? undefined
        : readyTimeoutSeconds * 1000,
  });
  const git = GitDeployments.fromConfig(config, {
    store,
    deployments,
    lease,
    catalog: context.catalog,
    auth: context.auth,
    logger,
  });
  const access = new DeploymentAccess({
    authorizer: context.authorizer,
    models,
    deployments,
  });
  const router = deploymentRoutes({
    context,
    store,
    deployments,
    endpoints: new Endpoints({ store, models }),
    tokens: new EndpointTokens({
      store,
      maxLive:
        config.getOptionalNumber('modelPlatform.limits.tokensPerEndpoint') ??
        DEFAULT_TOKENS_PER_ENDPOINT,
      announce,
    }),
    logs: new DeploymentLogs(environments),
    access,
    approvals: new DeploymentApprovals({
      store,
      claims: context.claims,
      announce,
      notices,
    }),
    declarations: new DeploymentDeclarations({
      store,
      catalog: context.catalog,
      readable: async (caller, names) =>
        await store.readableNames(names, await registry.scope(caller)),
    }),
    files: new DeclarationFiles({
      urlReader: context.urlReader,
      directory: config.getOptionalString('modelPlatform.git.directory'),
    }),
  });

  let work: Promise<unknown> = Promise.resolve();
  let dropTokens: NodeJS.Timeout | undefined;
  return {
    router,
    lease,
    deployments,
    environments,
    useFigures(known) {
      figures = known;
    },
    async readable(caller, name) {
      const { deployment } = await access.readable(caller, name);
      const serving = await store.revisions.serving([deployment]);
      const wanted = await store.revisions.current([deployment]);
      const revisions = [...serving.values(), ...wanted.values()];
      return { deployment, revisions };
    },
    async readableByModel(caller) {
      return await readableByModel(store, await registry.scope(caller));
    },
    async start() {
      // Sooner than by looking around; nothing relies on it.
      const lookAtAll = atMostEvery(BURST_MS, () => reconciler.wake());
      const readGit = atMostEvery(GIT_BURST_MS, () => git.wake());
      registry.onChanged(lookAtAll);
      await events.subscribe({
        id: 'model-platform-deployment',
        topics: [MODEL_EVENTS_TOPIC, DEPLOYMENT_EVENTS_TOPIC, GIT_EVENTS_TOPIC],
        async onEvent({ topic, eventPayload }) {
          if (topic === GIT_EVENTS_TOPIC) {
            git.wake();
          } else if (topic === MODEL_EVENTS_TOPIC) {
            lookAtAll();
            readGit();
          } else if (isDesiredChange(eventPayload)) {
            reconciler.wake(eventPayload.name);
          }
        },
      });
      dropTokens = setInterval(() => {
        store.tokens
          .dropExpired(new Date(Date.now() - KEEP_EXPIRED_MS))
          .catch(error =>
            logger.warn(`Expired tokens could not be dropped: ${error}`),
          );
      }, DROP_TOKENS_EVERY_MS);
      work = Promise.all([
        reconciler.run(stopped.signal),
        git.run(stopped.signal),
      ]);
    },
    async stop() {
      clearInterval(dropTokens);
      stopped.abort();
      git.wake();
      await work;
      await lease.release();
    },
  };
}

/** What the reconciler itself tells is no reason to look again. */
function isDesiredChange(payload: unknown): payload is DeploymentEvent {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'action' in payload &&
    !['ready', 'degraded', 'failed'].includes(String(payload.action))
  );
}
