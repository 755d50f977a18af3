import { join } from 'node:path';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import {
  DeploymentSpec,
  FieldProblem,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentDriver } from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { UserCaller } from '../../access/Caller';
import { Claims } from '../../access/Claims';
import { DatabaseDeploymentStore } from '../store/DatabaseDeploymentStore';
import { DeploymentActor } from '../access/DeploymentActor';
import { Deployments } from '../Deployments';
import { DeploymentProblemsError } from '../spec/DeploymentProblemsError';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Environments } from '../environments/Environments';
import { DeploymentApprovals } from '../gates/DeploymentApprovals';
import { LeaderLease } from '../lease/LeaderLease';
import { toApiDeployment } from '../http/toApiDeployment';
import { CanaryFigures, RevisionFigure } from '../canary/CanaryFigures';
import { TestModels } from './TestModels';

/** Groups of the people of the tests. */
const groups: Record<string, string[]> = {
  'user:default/mira': ['group:default/crm', 'group:default/model-risk'],
  'user:default/rosa': ['group:default/model-risk'],
  'user:default/rolf': ['group:default/model-risk'],
  'user:default/dana': ['group:default/crm'],
};

export const person = (name: string): UserCaller => ({
  kind: 'user',
  entityRef: `user:default/${name}`,
  credentials: mockCredentials.user(`user:default/${name}`),
});

export const mira: DeploymentActor = {
  name: 'user:default/mira',
  responsible: 'user:default/mira',
  async requireDeploy() {},
  async requireOpen() {},
};

/** Deployments on their real classes and database; figures, time and the registry are the test's. */
export class TestDeployments {
  static async create(knex: Knex, environments?: object[]) {
    await knex.migrate.latest({
      directory: join(__dirname, '../../../migrations'),
    });
    return new TestDeployments(knex, environments);
  }

  now = new Date('2026-03-02T09:00:00.000Z');
  readonly models = new TestModels();
  readonly announced: string[] = [];
  readonly asked: Array<Parameters<CanaryFigures['read']>[0]> = [];
  /** What is read next of any figure. */
  figure: RevisionFigure = { calls: 0 };

  /** Until when figures are collected; all where absent. */
  countedUntil?: Date;
  /** What happens meanwhile. */
  whileReading: () => Promise<unknown> = async () => {};
  /** What the metadata of versions falls short of, by number. */
  readonly shortfalls = new Map<number, FieldProblem[]>();
  readonly movers = new Map<string, string>();
  readonly store: DatabaseDeploymentStore;
  readonly deployments: Deployments;
  readonly approvals: DeploymentApprovals;
  readonly environments: Environments;

  private readonly lease: LeaderLease;

  private constructor(knex: Knex, environments?: object[]) {
    this.lease = LeaderLease.create({ knex, exclusive: true });
    const clock = () => this.now;
    const announce = (_deployment: DeploymentRecord, action: string) => {
      this.announced.push(action);
    };
    const driver: Pick<DeploymentDriver, 'name'> = { name: 'local' };
    this.environments = Environments.fromConfig(
      new ConfigReader(environments ? { modelPlatform: { environments } } : {}),
      [driver as DeploymentDriver],
    );
    this.store = DatabaseDeploymentStore.create({ knex, clock });
    this.deployments = new Deployments({
      store: this.store,
      models: this.models,
      environments: this.environments,
      announce,
      clock,
      evidence: {
        metadataProblems: async (_model, { number }) =>
          this.shortfalls.get(number) ?? [],
      },
      aliasMover: async (_modelId, alias) => this.movers.get(alias),
      metric: () => undefined,
      figures: () => ({
        read: async query => {
          this.asked.push(query);
          await this.whileReading();
          return new Map(
            query.revisions.map(number => [number, this.figure] as const),
          );
        },
        completeUntil: async () => this.countedUntil ?? this.now,
      }),
    });
    const userInfo = mockServices.userInfo.mock({
      getUserInfo: async credentials => {
        const { userEntityRef } = (
          credentials as { principal: { userEntityRef: string } }
        ).principal;
        return {
          userEntityRef,
          ownershipEntityRefs: [
            userEntityRef,
            ...(groups[userEntityRef] ?? []),
          ],
        };
      },
    });
    this.approvals = new DeploymentApprovals({
      store: this.store,
      claims: new Claims({ userInfo }),
      announce,
    });
  }

  spec(change: Partial<DeploymentSpec> = {}): DeploymentSpec {
    return {
      system: 'customer-care',
      environment: 'local',
      model: 'churn',
      ...change,
    };
  }

  async apply(change: Partial<DeploymentSpec> = {}, name = 'churn') {
    return await this.deployments.apply(name, this.spec(change), mira, {
      source: 'api',
    });
  }

  /** Fields and rules that applying is refused for. */
  async refusals(change: object, name = 'churn'): Promise<string[]> {
    try {
      await this.apply(change, name);
      return [];
    } catch (error) {
      if (!(error instanceof DeploymentProblemsError)) throw error;
      return error.problems.map(({ field, rule }) => `${field}: ${rule}`);
    }
  }

  /** One look of the reconciler, as far as it makes revisions. */
  async look(name = 'churn'): Promise<DeploymentRecord> {
    const seen = await this.deployments.get(name);
    const { record } = await this.deployments.follow(seen, await this.lead());
    return record;
  }

  /** As if all traffic went to the wanted revision. */
  async serve(name = 'churn'): Promise<void> {
    const deployment = await this.deployments.get(name);
    const { revision } = deployment;
    await this.store.saveStatus(
      deployment,
      { ...deployment, servingRevision: revision },
      await this.lead(),
    );
  }

  /** The lease number of who looks. */
  async lead(): Promise<number> {
    const fencing = await this.lease.hold();
    if (fencing === undefined) throw new Error('Somebody else leads');
    return fencing;
  }

  pass(milliseconds: number) {
    this.now = new Date(this.now.getTime() + milliseconds);
  }

  /** Versions of the wanted revision, and what the next one waits for. */
  async state(name = 'churn') {
    const deployment = await this.deployments.get(name);
    const revisions = await this.store.revisions.current([deployment]);
    const wanted = revisions.get(deployment.id);
    const requests = await this.store.requests.waiting([deployment.id]);
    const shown = toApiDeployment(
      deployment,
      { wanted },
      undefined,
      requests.get(deployment.id),
    );
    return {
      revision: shown.revision?.number,
      versions: shown.revision?.variants.map(({ version }) => version),
      waiting: shown.conditions.find(({ type }) => type === 'Waiting')?.message,
      request: shown.request,
    };
  }

  /** On the newest request where none is named. */
  async decide(
    who: string,
    decision: 'approved' | 'refused' | 'withdrawn' = 'approved',
    request?: number,
  ) {
    const deployment = await this.deployments.get('churn');
    const [newest] = await this.store.requests.list(deployment.id, {
      limit: 1,
    });
    return await this.approvals.decide(person(who), deployment, {
      decision,
      reason: 'Looked at',
      request: request ?? newest.number,
    });
  }
}
