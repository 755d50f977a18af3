import { ConfigReader } from '@backstage/config';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { DatabaseDeploymentStore } from '../../plugins/model-platform-backend/src/deployment/store/DatabaseDeploymentStore';
import { DeployableModels } from '../../plugins/model-platform-backend/src/deployment/models/DeployableModels';
import { Deployments } from '../../plugins/model-platform-backend/src/deployment/Deployments';
import { Environments } from '../../plugins/model-platform-backend/src/deployment/environments/Environments';
import { LeaderLease } from '../../plugins/model-platform-backend/src/deployment/lease/LeaderLease';
import { Reconciler } from '../../plugins/model-platform-backend/src/deployment/reconcile/Reconciler';

const quiet = {
  child: () => quiet,
  debug() {},
  info() {},
  warn: (message: string) => process.stderr.write(`${message}\n`),
  error: (message: string) => process.stderr.write(`${message}\n`),
};

/** A portal over one driver, as far as deployments go; its reconciler is not started. */
export function portalOver(options: {
  knex: Knex;
  models: DeployableModels;
  driver: DeploymentDriver;
  /** Name of the one there is. */
  environment: string;
  /** No other one can lead. */
  exclusive: boolean;
}) {
  const { knex, models, driver, environment, exclusive } = options;
  const store = DatabaseDeploymentStore.create({ knex });
  const environments = Environments.fromConfig(
    new ConfigReader({
      modelPlatform: {
        environments: [{ name: environment, driver: driver.name }],
      },
    }),
    [driver],
  );
  const deployments = new Deployments({
    ...{ store, models, environments },
    metric: () => undefined,
    announce() {},
  });
  const reconciler = new Reconciler({
    ...{ store, deployments, models, environments },
    lease: LeaderLease.create({ knex, exclusive }),
    figures: {
      read: async () => new Map(),
      completeUntil: async () => undefined,
    },
    logger: quiet,
    announce() {},
    progressed() {},
    readyTimeoutMs: 600_000,
  });
  return { store, deployments, reconciler };
}
