import { Router } from 'express';
import { Claims } from '../access/Claims';
import { Memberships } from '../access/Memberships';
import { PublisherTokens } from '../access/PublisherTokens';
import { atMostEvery } from '../atMostEvery';
import { DeploymentDomain } from '../deployment';
import { Domain, PlatformContext } from '../Domain';
import { DatabaseChangeOutbox } from '../registry/DatabaseChangeOutbox';
import { DatabaseHistoryStore } from '../registry/DatabaseHistoryStore';
import { AddressGuard } from './AddressGuard';
import { DatabaseWebhookStore } from './DatabaseWebhookStore';
import { Deliverer } from './Deliverer';
import { DeliveryPlanner } from './DeliveryPlanner';
import { loadEncryptionKey } from './loadEncryptionKey';
import { mlflowWebhookRoutes } from './mlflowRoutes';
import { webhookRoutes } from './routes';
import { SecretBox } from './SecretBox';
import { WebhookMakers } from './WebhookMakers';
import { Webhooks } from './Webhooks';
import { WebhookSender } from './WebhookSender';

const POLL_MS = 2_000;
/** Changes that are made together are planned together. */
const BURST_MS = 100;
/** Beyond the time-out of an attempt. */
const CLAIM_MARGIN_MS = 5_000;
const REMOVE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Puts the webhooks together; the leader of the deployment domain's lease delivers. */
export async function createWebhooksDomain(
  context: PlatformContext,
  { lease }: Pick<DeploymentDomain, 'lease'>,
  access: { tokens: PublisherTokens; memberships: Memberships; claims: Claims },
): Promise<Domain & { mlflowRouter: Router; wake(): void }> {
  const { config, database: knex, registry, authorizer } = context;
  const { callerResolver } = context;
  const logger = context.logger.child({ domain: 'webhooks' });
  const number = (key: string, otherwise: number) =>
    config.getOptionalNumber(`modelPlatform.webhooks.${key}`) ?? otherwise;
  const store = DatabaseWebhookStore.create({ knex });
  const guard = AddressGuard.fromConfig(config);
  const timeoutMs = number('timeoutSeconds', 30) * 1000;
  const sender = new WebhookSender({ guard, timeoutMs });
  const key = await loadEncryptionKey(config);
  const secrets = key === undefined ? undefined : new SecretBox(key);
  const makers = new WebhookMakers({ ...access, store, authorizer, logger });
  const deliverer = new Deliverer({
    store,
    planner: new DeliveryPlanner({
      outbox: DatabaseChangeOutbox.create({ knex }),
      history: DatabaseHistoryStore.create({ knex }),
      registry,
      store,
      makers,
    }),
    sender,
    secrets,
    lease,
    logger,
    maxAttempts: number('maxAttempts', 10),
    firstDelayMs: number('firstDelaySeconds', 5) * 1000,
    claimMs: timeoutMs + CLAIM_MARGIN_MS,
    pollMs: POLL_MS,
  });
  const webhooks = new Webhooks({
    store,
    authorizer,
    makers,
    guard,
    sender,
    secrets,
    wake: () => deliverer.wake(),
  });
  const wake = atMostEvery(BURST_MS, () => deliverer.wake());
  const router = webhookRoutes({ webhooks, callerResolver });

  const keepMs = number('keepDays', 30) * DAY_MS;
  const stopped = new AbortController();
  let removing: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  return {
    router,
    mlflowRouter: mlflowWebhookRoutes({ webhooks, callerResolver, logger }),
    wake,
    async start() {
      registry.onChanged(wake);
      removing = setInterval(() => {
        store
          .removeFinished(new Date(Date.now() - keepMs).toISOString())
          .catch(error =>
            logger.warn(`Old deliveries could not be removed: ${error}`),
          );
      }, REMOVE_EVERY_MS);
      work = deliverer.run(stopped.signal);
    },
    async stop() {
      clearInterval(removing);
      stopped.abort();
      await work;
      await sender.close();
    },
  };
}
