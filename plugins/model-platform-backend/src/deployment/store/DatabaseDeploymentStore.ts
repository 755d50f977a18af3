import { randomUUID } from 'node:crypto';
import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { HistoryEntry } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { ModelScope } from '../../registry/ModelScope';
import { TokenStore } from '../endpoints/TokenStore';
import { NewRequest, RequestStore } from '../gates/RequestStore';
import { SourceStore } from '../git/SourceStore';
import { LEADER_LEASE } from '../lease/LeaderLease';
import { NewRevision, RevisionStore } from '../revisions/RevisionStore';
import { TriggerStateStore } from '../triggers/TriggerStates';
import { ChangedMeanwhileError } from './ChangedMeanwhileError';
import { DatabaseRequestStore } from './DatabaseRequestStore';
import { DatabaseRevisionStore } from './DatabaseRevisionStore';
import { DatabaseSourceStore } from './DatabaseSourceStore';
import { DatabaseTokenStore } from './DatabaseTokenStore';
import {
  DatabaseTriggerStateStore,
  saveTriggerStates,
} from './DatabaseTriggerStateStore';
import { DeploymentRow, readDeployment, toDeployment } from './deploymentRows';
import { deploymentsWithin } from './deploymentsWithin';
import {
  DeploymentQuery,
  DeploymentStore,
  DesiredChange,
  NewDeployment,
} from './DeploymentStore';
import {
  DeploymentRecord,
  DeploymentStatus,
  HistoryDraft,
} from './DeploymentRecord';
import { HistoryRow, insertHistory, toHistoryEntry } from './historyRows';
import { changeRequest, insertRequest } from './requestRows';
import {
  insertRevision,
  noteServed,
  RevisionModelRow,
  strategyOf,
} from './revisionRows';
import { readRoom } from './roomRows';
import { toJson, toUpdate } from './toUpdate';
import { Write, writeTo } from './Write';

/** Deployments in SQLite or PostgreSQL. */
export class DatabaseDeploymentStore implements DeploymentStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseDeploymentStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  readonly revisions: RevisionStore;
  readonly requests: RequestStore;
  readonly tokens: TokenStore;
  readonly sources: SourceStore;
  readonly triggerStates: TriggerStateStore;

  private readonly write: Write;

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
    fencing?: number,
  ) {
    this.write = writeTo(knex, fencing);
    const now = () => this.now();
    this.revisions = new DatabaseRevisionStore(knex);
    this.requests = new DatabaseRequestStore(knex, this.write, now);
    this.tokens = new DatabaseTokenStore(knex, now);
    this.sources = new DatabaseSourceStore(knex, this.write);
    this.triggerStates = new DatabaseTriggerStateStore(knex, this.write);
  }

  asLeader(fencing: number): DeploymentStore {
    return new DatabaseDeploymentStore(this.knex, this.clock, fencing);
  }

  async create(
    deployment: NewDeployment,
    first: NewRevision | { request: NewRequest },
    history: HistoryDraft,
  ): Promise<DeploymentRecord> {
    const id = randomUUID();
    const now = this.now();
    try {
      await this.write(async tx => {
        await tx<DeploymentRow>('deployments').insert({
          id,
          name: deployment.name,
          model_id: deployment.modelId,
          model: deployment.model,
          model_slug: deployment.modelSlug,
          system: deployment.system,
          owner: deployment.owner,
          environment: deployment.environment,
          spec: JSON.stringify(deployment.spec),
          generation: 1,
          changes: 1,
          source: deployment.source,
          deleting: false,
          watched: JSON.stringify(deployment.watched),
          gates: JSON.stringify(deployment.gates ?? []),
          phase: 'Pending',
          conditions: '[]',
          runners: '[]',
          created_at: now,
          updated_at: now,
          updated_by: history.actor,
        });
        const details: Record<string, unknown> = {};
        if ('request' in first) {
          details.request = await insertRequest(tx, id, first.request, now);
        } else {
          details.revision = await insertRevision(
            tx,
            { id, name: deployment.name },
            first,
            { watched: deployment.watched, at: now },
          );
        }
        await tx<DeploymentRow>('deployments')
          .where({ id })
          .update({
            revision: details.revision as number | undefined,
            strategy: 'request' in first ? undefined : strategyOf(first),
            waiting_request: details.request as number | undefined,
          });
        await insertHistory(
          tx,
          { id, name: deployment.name, modelId: deployment.modelId },
          { ...history, details: { ...details, ...history.details } },
          now,
        );
      });
    } catch (error) {
      if (isDatabaseConflictError(error)) {
        throw new ConflictError(`The name ${deployment.name} is taken`);
      }
      throw error;
    }
    return await readDeployment(this.knex, id);
  }

  async change(
    from: DeploymentRecord,
    change: DesiredChange,
  ): Promise<DeploymentRecord> {
    const { set, revision, history, request } = change;
    await this.write(async tx => {
      const at = this.now();
      // Before anything is numbered: of two who change it at once, one is told so here.
      const updated = await tx<DeploymentRow>('deployments')
        .where({ id: from.id, changes: from.changes })
        .update(toUpdate(from, change, at));
      if (updated === 0) {
        throw new ChangedMeanwhileError(from.name);
      }
      if (change.check) change.check(await readDeployment(tx, from.id));
      const number = revision
        ? await insertRevision(tx, from, revision, {
            watched: set.watched ?? from.watched,
            at,
          })
        : undefined;
      const requested = await changeRequest(tx, from, change, {
        at,
        revision: number,
      });
      if (number !== undefined || requested !== undefined) {
        await tx<DeploymentRow>('deployments')
          .where({ id: from.id })
          .update({
            ...(number === undefined ? {} : { revision: number }),
            ...(requested === undefined ? {} : { waiting_request: requested }),
          });
      }
      if (change.triggerStates) {
        await saveTriggerStates(tx, from.id, change.triggerStates(number));
      }
      await insertHistory(
        tx,
        from,
        {
          ...history,
          details:
            number || request
              ? {
                  revision: number,
                  request: requested ?? undefined,
                  ...history.details,
                }
              : history.details,
        },
        at,
      );
    });
    return await readDeployment(this.knex, from.id);
  }

  async get(name: string): Promise<DeploymentRecord | undefined> {
    const row = await this.knex<DeploymentRow>('deployments')
      .where({ name })
      .first();
    return row && toDeployment(row);
  }

  async list(query: DeploymentQuery, scope: ModelScope) {
    const matches = () => {
      const select = deploymentsWithin(this.knex, scope);
      if (query.modelId) select.andWhere('model_id', query.modelId);
      if (query.system) select.andWhere('system', query.system);
      if (query.environment) select.andWhere('environment', query.environment);
      return select;
    };
    const page = matches().orderBy('name').limit(query.limit);
    if (query.after) page.andWhere('name', '>', query.after);
    const [rows, counted] = await Promise.all([
      page,
      matches().count({ count: '*' }).first<{ count: number | string }>(),
    ]);
    return {
      items: (rows as DeploymentRow[]).map(toDeployment),
      totalItems: Number(counted?.count ?? 0),
    };
  }

  async readableNames(
    names: string[],
    scope: ModelScope,
  ): Promise<Set<string>> {
    const rows: Array<{ name: string }> = await deploymentsWithin(
      this.knex,
      scope,
    )
      .whereIn('name', names)
      .select('name');
    return new Set(rows.map(({ name }) => name));
  }

  async modelIds(
    deployments: DeploymentRecord[],
  ): Promise<Map<string, string[]>> {
    const pairs = deployments.flatMap(({ id, revision, servingRevision }) =>
      [revision, servingRevision].flatMap(number =>
        number === undefined ? [] : [[id, number]],
      ),
    );
    const rows =
      pairs.length === 0
        ? []
        : await this.knex<RevisionModelRow>('deployment_revision_models')
            .whereIn(['deployment_id', 'number'], pairs)
            .orderBy('model_id');
    const found = new Map(
      deployments.map(({ id, modelId }) => [id, new Set([modelId])]),
    );
    for (const row of rows) {
      found.get(row.deployment_id)?.add(row.model_id);
    }
    return new Map([...found].map(([id, ids]) => [id, [...ids]]));
  }

  async room(place: { environment: string; system: string }) {
    return await readRoom(this.knex, place);
  }

  async all(): Promise<DeploymentRecord[]> {
    const rows = await this.knex<DeploymentRow>('deployments').orderBy('name');
    return rows.map(toDeployment);
  }

  async history(
    deployment: DeploymentRecord,
    page: { limit: number; before?: string },
  ): Promise<HistoryEntry[]> {
    const select = this.knex<HistoryRow>('deployment_history')
      // Of an earlier deployment of this name only what was of the same model.
      .where({ name: deployment.name, model_id: deployment.modelId })
      .orderBy('id', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('id', '<', page.before);
    return (await select).map(toHistoryEntry);
  }

  async saveStatus(
    deployment: DeploymentRecord,
    status: DeploymentStatus,
    fencing: number,
    history: HistoryDraft[] = [],
  ): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      const updated = await tx<DeploymentRow>('deployments')
        .where({ id: deployment.id, changes: deployment.changes })
        .whereExists(this.heldLease(fencing))
        .update({
          serving_revision: status.servingRevision ?? null,
          rollout_started_at: status.rolloutStartedAt ?? null,
          canary: status.canary ? JSON.stringify(status.canary) : null,
          given_up: status.givenUp ? JSON.stringify(status.givenUp) : null,
          drift: toJson(status.drift),
          phase: status.phase,
          conditions: JSON.stringify(status.conditions),
          runners: JSON.stringify(status.runners),
          url: status.url ?? null,
        });
      if (updated > 0) {
        if (status.servingRevision !== undefined) {
          const served = { id: deployment.id, number: status.servingRevision };
          await noteServed(tx, served, this.now());
        }
        for (const entry of history) {
          await insertHistory(tx, deployment, entry, this.now());
        }
        return true;
      }
      const { id, changes } = deployment;
      const isChanged = await tx<DeploymentRow>('deployments')
        .where({ id })
        .whereNot({ changes })
        .first('id');
      if (isChanged) throw new ChangedMeanwhileError(deployment.name);
      return false;
    });
  }

  async erase(id: string, fencing: number): Promise<void> {
    await this.knex.transaction(async tx => {
      const erased = await tx<DeploymentRow>('deployments')
        .where({ id, deleting: true })
        .whereExists(this.heldLease(fencing))
        .delete();
      if (erased > 0) {
        for (const table of ['deployment_tokens', 'deployment_trigger_states'])
          await tx(table).where({ deployment_id: id }).delete();
      }
    });
  }

  async addHistory(
    deployment: DeploymentRecord,
    entry: HistoryDraft,
  ): Promise<void> {
    await this.write(tx => insertHistory(tx, deployment, entry, this.now()));
  }

  private now(): string {
    return this.clock().toISOString();
  }

  private heldLease(fencing: number) {
    return this.knex
      .select(this.knex.raw('1'))
      .from('deployment_leases')
      .where({ name: LEADER_LEASE, fencing });
  }
}
