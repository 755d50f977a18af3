import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { DatabaseDeploymentStore } from '../store/DatabaseDeploymentStore';
import { DeployableModels } from '../models/DeployableModels';
import { Deployments } from '../Deployments';
import { Announce } from '../changes/Announce';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { EndpointTokens } from '../endpoints/EndpointTokens';
import { Environments } from '../environments/Environments';
import { LeaderLease } from '../lease/LeaderLease';
import { Reconciler } from '../reconcile/Reconciler';

export interface TestPortalOptions {
  knex: Knex;
  models: DeployableModels;
  drivers: DeploymentDriver[];
  /** As configured; `local` alone where absent. */
  environments?: object[];
  /** As configured; of each driver where absent. */
  readyTimeoutMs?: number;
  /** Whether it takes the lease at once, whoever holds it; so it does where this is absent. */
  exclusive?: boolean;
}

/** A portal process, as far as deployments go. */
export class TestPortal {
  readonly store: DatabaseDeploymentStore;
  readonly deployments: Deployments;
  readonly tokens: EndpointTokens;
  readonly reconciler: Reconciler;
  readonly lease: LeaderLease;
  readonly logger = mockServices.logger.mock();
  /** What was announced so far. */
  readonly told: Array<{
    deployment: DeploymentRecord;
    action: Parameters<Announce>[1];
  }> = [];

  private readonly stopped = new AbortController();
  private readonly running: Promise<void>;

  constructor(options: TestPortalOptions) {
    const { knex, models, exclusive = true } = options;
    const environments = Environments.fromConfig(
      new ConfigReader(
        options.environments
          ? { modelPlatform: { environments: options.environments } }
          : {},
      ),
      options.drivers,
    );
    const store = DatabaseDeploymentStore.create({ knex });
    const announce: Announce = (deployment, action) => {
      this.told.push({ deployment, action });
      this.reconciler.wake(deployment.name);
    };
    this.store = store;
    this.deployments = new Deployments({
      ...{ store, models, environments, announce },
      metric: () => undefined,
    });
    this.tokens = new EndpointTokens({ store, maxLive: 10, announce });
    this.lease = LeaderLease.create({ knex, exclusive });
    this.reconciler = new Reconciler({
      ...{ store, models, environments, announce },
      deployments: this.deployments,
      lease: this.lease,
      figures: {
        read: async () => new Map(),
        completeUntil: async () => undefined,
      },
      logger: this.logger,
      progressed() {},
      readyTimeoutMs: options.readyTimeoutMs,
    });
    this.running = this.reconciler.run(this.stopped.signal);
  }

  /** Resolves once nothing of it is under way any more; it keeps its lease. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }
}
