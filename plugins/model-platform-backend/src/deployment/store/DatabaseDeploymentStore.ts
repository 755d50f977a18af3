import { randomUUID } from 'node:crypto';
import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import {
  HistoryEntry,
  RequestDecision,
} from '@model-platform/plugin-model-platform-common';
import { DesiredToken } from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { ChangedMeanwhileError } from './ChangedMeanwhileError';
import {
  DeploymentQuery,
  DeploymentRecord,
  DeploymentStatus,
  DeploymentStore,
  DesiredChange,
  EndpointTokenRecord,
  HistoryDraft,
  NewDeployment,
  NewRevision,
  RevisionRecord,
  SourceRecord,
  WatchedVersions,
} from './DeploymentStore';
import { ModelScope } from '../../registry/ModelScope';
import { DatabaseRequestStore } from './DatabaseRequestStore';
import {
  closeRequest,
  insertDecision,
  insertRequest,
  removeDecision,
} from './requestRows';
import { NewRequest, RequestStore } from '../gates/RequestStore';
import { LEADER_LEASE } from '../lease/LeaderLease';
import { hasOverride } from '../overrides/overrides';
import {
  DeploymentRow,
  HistoryRow,
  RevisionModelRow,
  RevisionRow,
  SourceRow,
  TokenRow,
  toDeployment,
  toHistoryEntry,
  toRevision,
  toSource,
  toToken,
} from './deploymentRows';
import { readRoom, takeRoom } from './roomRows';
import {
  DatabaseTriggerStateStore,
  saveTriggerStates,
} from './DatabaseTriggerStateStore';
import { TriggerStateStore } from '../triggers/TriggerStates';
import { Write, writeTo } from './Write';

/** Deployments in SQLite or PostgreSQL. */
export class DatabaseDeploymentStore implements DeploymentStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseDeploymentStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  readonly requests: RequestStore;
  readonly triggerStates: TriggerStateStore;

  private readonly write: Write;

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
    fencing?: number,
  ) {
    this.write = writeTo(knex, fencing);
    this.requests = new DatabaseRequestStore(knex, this.write);
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
          details.revision = await this.insertRevision(
            tx,
            { id, name: deployment.name },
            first,
            deployment.watched,
          );
        }
        await tx<DeploymentRow>('deployments')
          .where({ id })
          .update({
            revision: details.revision as number | undefined,
            strategy: 'request' in first ? undefined : strategyOf(first),
            waiting_request: details.request as number | undefined,
          });
        await this.insertHistory(
          tx,
          { id, name: deployment.name, modelId: deployment.modelId },
          { ...history, details: { ...details, ...history.details } },
        );
      });
    } catch (error) {
      if (isDatabaseConflictError(error)) {
        throw new ConflictError(`The name ${deployment.name} is taken`);
      }
      throw error;
    }
    return await this.byId(id);
  }

  async change(
    from: DeploymentRecord,
    change: DesiredChange,
  ): Promise<DeploymentRecord> {
    const { set, revision, history, request } = change;
    await this.write(async tx => {
      const update: Partial<DeploymentRow> = {
        changes: from.changes + 1,
        updated_at: this.now(),
        updated_by: history.actor,
      };
      if (set.spec) {
        update.spec = JSON.stringify(set.spec);
        update.generation = from.generation + 1;
      }
      if (set.owner !== undefined) update.owner = set.owner;
      if (set.model !== undefined) update.model = set.model;
      if (set.modelSlug !== undefined) update.model_slug = set.modelSlug;
      if (set.source !== undefined) update.source = set.source;
      if (set.deleting !== undefined) update.deleting = set.deleting;
      if (set.watched) update.watched = JSON.stringify(set.watched);
      if (set.gates) update.gates = JSON.stringify(set.gates);
      if (set.orphanedAt !== undefined) update.orphaned_at = set.orphanedAt;
      if (set.overrides) update.overrides = toJson(set.overrides);
      if (set.decision) update.decision = JSON.stringify(set.decision);
      const isSwitchedOn =
        from.off && set.overrides && !hasOverride(set.overrides, 'off');
      const isResumed =
        hasOverride(from.overrides, 'pause') &&
        set.overrides &&
        !hasOverride(set.overrides, 'pause');
      if (revision || isSwitchedOn || isResumed)
        update.rollout_started_at = null;
      if (revision) update.strategy = strategyOf(revision);
      // Before anything is numbered: of two who change it at once, one is told so here.
      const updated = await tx<DeploymentRow>('deployments')
        .where({ id: from.id, changes: from.changes })
        .update(update);
      if (updated === 0) {
        throw new ChangedMeanwhileError(from.name);
      }
      const number = revision
        ? await this.insertRevision(
            tx,
            from,
            revision,
            set.watched ?? from.watched,
          )
        : undefined;
      const requested = await this.changeRequest(tx, from, change, number);
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
      await this.insertHistory(tx, from, {
        ...history,
        details:
          number || request
            ? {
                revision: number,
                request: requested ?? undefined,
                ...history.details,
              }
            : history.details,
      });
    });
    return await this.byId(from.id);
  }

  async get(name: string): Promise<DeploymentRecord | undefined> {
    const row = await this.knex<DeploymentRow>('deployments')
      .where({ name })
      .first();
    return row && toDeployment(row);
  }

  async list(query: DeploymentQuery, scope: ModelScope) {
    const matches = () => {
      const select = this.within(scope);
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
    const rows: Array<{ name: string }> = await this.within(scope)
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

  async revision(
    deploymentId: string,
    number: number,
  ): Promise<RevisionRecord | undefined> {
    const row = await this.knex<RevisionRow>('deployment_revisions')
      .where({ deployment_id: deploymentId, number })
      .first();
    return row && toRevision(row);
  }

  async lastServed(deploymentId: string): Promise<RevisionRecord | undefined> {
    const row = await this.knex<RevisionRow>('deployment_revisions')
      .where({ deployment_id: deploymentId })
      .whereNotNull('first_served_at')
      .orderBy('number', 'desc')
      .first();
    return row && toRevision(row);
  }

  async currentRevisions(
    deployments: DeploymentRecord[],
  ): Promise<Map<string, RevisionRecord>> {
    const pairs = deployments.flatMap(({ id, revision }) =>
      revision === undefined ? [] : [[id, revision]],
    );
    if (pairs.length === 0) {
      return new Map();
    }
    const rows = await this.knex<RevisionRow>('deployment_revisions').whereIn(
      ['deployment_id', 'number'],
      pairs,
    );
    return new Map(rows.map(row => [row.deployment_id, toRevision(row)]));
  }

  async revisions(
    deploymentId: string,
    page: { limit: number; before?: number },
  ) {
    const select = this.knex<RevisionRow>('deployment_revisions')
      .where({ deployment_id: deploymentId })
      .orderBy('number', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('number', '<', page.before);
    return (await select).map(toRevision);
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
          await tx<RevisionRow>('deployment_revisions')
            .where({
              deployment_id: deployment.id,
              number: status.servingRevision,
            })
            .whereNull('first_served_at')
            .update({ first_served_at: this.now() });
        }
        for (const entry of history) {
          await this.insertHistory(tx, deployment, entry);
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
    await this.write(tx => this.insertHistory(tx, deployment, entry));
  }

  async addToken(
    deployment: DeploymentRecord,
    token: EndpointTokenRecord,
    options: { hash: string; maxLive: number; history: HistoryDraft },
  ): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      // One at a time, so that no two take the last place.
      if (!(await this.countTokenChange(tx, deployment.id))) {
        throw new ConflictError(
          `The deployment ${deployment.name} was deleted in the meantime`,
        );
      }
      const counted = await this.live(tx, deployment.id, token.createdAt)
        .count({ count: '*' })
        .first<{ count: number | string }>();
      if (Number(counted?.count ?? 0) >= options.maxLive) {
        return false;
      }
      await tx<TokenRow>('deployment_tokens').insert({
        id: token.id,
        deployment_id: token.deploymentId,
        endpoint: token.endpoint,
        hash: options.hash,
        consumer: token.consumer,
        created_by: token.createdBy,
        created_at: token.createdAt,
        expires_at: token.expiresAt,
        rate: token.rate && JSON.stringify(token.rate),
        may_choose_variant: token.mayChooseVariant,
      });
      await this.insertHistory(tx, deployment, options.history);
      return true;
    });
  }

  async tokens(
    deploymentId: string,
    now: Date,
    limit: number,
  ): Promise<EndpointTokenRecord[]> {
    const rows = await this.knex<TokenRow>('deployment_tokens')
      .where({ deployment_id: deploymentId })
      .orderByRaw(
        'case when revoked_at is null and (expires_at is null or expires_at > ?) then 0 else 1 end',
        [now.toISOString()],
      )
      .orderBy('created_at', 'desc')
      .limit(limit);
    return rows.map(toToken);
  }

  async liveTokens(deploymentId: string, now: Date): Promise<DesiredToken[]> {
    const rows = await this.live(
      this.knex,
      deploymentId,
      now.toISOString(),
    ).orderBy('id');
    return (rows as TokenRow[]).map(row => {
      const { id, consumer, expiresAt, rate, mayChooseVariant } = toToken(row);
      return {
        id,
        hash: row.hash,
        consumer,
        expiresAt,
        rate,
        mayChooseVariant,
      };
    });
  }

  async revokeToken(
    deployment: DeploymentRecord,
    id: string,
    { at, actor }: { at: string; actor: string },
  ): Promise<EndpointTokenRecord | undefined> {
    return await this.knex.transaction(async tx => {
      await this.countTokenChange(tx, deployment.id);
      const token = { deployment_id: deployment.id, id };
      const revoked = await tx<TokenRow>('deployment_tokens')
        .where(token)
        .whereNull('revoked_at')
        .update({ revoked_at: at });
      const row = await tx<TokenRow>('deployment_tokens').where(token).first();
      if (row && revoked > 0) {
        await this.insertHistory(tx, deployment, {
          actor,
          action: 'token-revoked',
          details: { id, consumer: row.consumer },
        });
      }
      return row && toToken(row);
    });
  }

  async decide(
    deployment: DeploymentRecord,
    request: number,
    decision: Omit<RequestDecision, 'at'>,
  ): Promise<DeploymentRecord> {
    const at = this.now();
    const isRefused = decision.decision === 'refused';
    try {
      await this.knex.transaction(async tx => {
        const waiting = tx<DeploymentRow>('deployments').where({
          id: deployment.id,
          waiting_request: request,
        });
        // So that it is not made, or superseded, in between.
        if (!(await waiting.clone().forUpdate().first('id'))) {
          throw new ConflictError(
            `Request ${request} of ${deployment.name} does not wait any more`,
          );
        }
        if (isRefused) {
          await removeDecision(tx, deployment.id, request, decision.approver);
        }
        await insertDecision(tx, deployment.id, request, { ...decision, at });
        if (isRefused) {
          await waiting.clone().update({
            waiting_request: null,
            // Whoever is about to make it finds that it was changed.
            changes: tx.raw('changes + 1'),
          });
          await closeRequest(tx, deployment.id, request, {
            state: 'refused',
            reason: `Refused by ${decision.approver}: ${decision.reason}`,
            at,
          });
        }
        await this.insertHistory(tx, deployment, {
          actor: decision.approver,
          action: decision.decision,
          reason: decision.reason,
          details: { request, groups: decision.groups },
        });
      });
    } catch (error) {
      throw isDatabaseConflictError(error)
        ? new ConflictError(
            `${decision.approver} has approved request ${request} of ${deployment.name} already`,
          )
        : error;
    }
    return await this.byId(deployment.id);
  }

  async withdrawApproval(
    deployment: DeploymentRecord,
    request: number,
    { approver, reason }: Pick<RequestDecision, 'approver' | 'reason'>,
  ): Promise<DeploymentRecord> {
    await this.knex.transaction(async tx => {
      const updated = await tx<DeploymentRow>('deployments')
        .where({ id: deployment.id, waiting_request: request })
        .update({ changes: tx.raw('changes + 1') });
      if (updated === 0) {
        throw new ConflictError(
          `Request ${request} of ${deployment.name} does not wait any more`,
        );
      }
      const removed = await removeDecision(
        tx,
        deployment.id,
        request,
        approver,
      );
      if (removed === 0) {
        throw new ConflictError(
          `${approver} has not approved request ${request} of ${deployment.name}`,
        );
      }
      await this.insertHistory(tx, deployment, {
        actor: approver,
        action: 'approval-withdrawn',
        reason,
        details: { request },
      });
    });
    return await this.byId(deployment.id);
  }

  async dropExpiredTokens(before: Date): Promise<number> {
    return await this.knex<TokenRow>('deployment_tokens')
      .where('expires_at', '<', before.toISOString())
      .delete();
  }

  async sources(): Promise<SourceRecord[]> {
    return (await this.knex<SourceRow>('deployment_sources')).map(toSource);
  }

  async saveSource(source: SourceRecord): Promise<void> {
    await this.write(tx =>
      tx<SourceRow>('deployment_sources')
        .insert({
          entity_ref: source.entityRef,
          location: source.location,
          name: source.name,
          digest: source.digest ?? null,
          state: source.state,
          message: source.message ?? null,
          updated_at: source.updatedAt,
        })
        .onConflict('entity_ref')
        .merge(),
    );
  }

  async dropSource(entityRef: string): Promise<void> {
    await this.write(tx =>
      tx<SourceRow>('deployment_sources')
        .where({ entity_ref: entityRef })
        .delete(),
    );
  }

  /** @returns the request that waits from now on, `null` for none; undefined where nothing changes. */
  private async changeRequest(
    tx: Knex.Transaction,
    from: DeploymentRecord,
    { request, ends, set }: DesiredChange,
    revision: number | undefined,
  ): Promise<number | null | undefined> {
    const at = this.now();
    const end =
      ends ??
      (request && { state: 'superseded' as const, reason: request.reason }) ??
      (set.deleting && {
        state: 'withdrawn' as const,
        reason: 'The deployment was deleted',
      });
    if (end && from.waitingRequest !== undefined) {
      await closeRequest(tx, from.id, from.waitingRequest, {
        ...end,
        at,
        revision: end.state === 'made' ? revision : undefined,
      });
    }
    if (request) return await insertRequest(tx, from.id, request, at);
    return end ? null : undefined;
  }

  private now(): string {
    return this.clock().toISOString();
  }

  private async byId(id: string): Promise<DeploymentRecord> {
    const row = await this.knex<DeploymentRow>('deployments')
      .where({ id })
      .first();
    if (!row) {
      throw new ConflictError('The deployment was deleted in the meantime');
    }
    return toDeployment(row);
  }

  /** So that the leader sees it, whichever portal it was made in. False where the deployment is gone. */
  private async countTokenChange(
    tx: Knex.Transaction,
    id: string,
  ): Promise<boolean> {
    const counted = await tx<DeploymentRow>('deployments')
      .where({ id, deleting: false })
      .update({ token_changes: tx.raw('token_changes + 1') });
    return counted > 0;
  }

  private live(knex: Knex, deploymentId: string, now: string) {
    return knex<TokenRow>('deployment_tokens')
      .where({ deployment_id: deploymentId })
      .whereNull('revoked_at')
      .andWhere(either =>
        either.whereNull('expires_at').orWhere('expires_at', '>', now),
      );
  }

  /** Those all of whose models are within the scope. */
  private within(scope: ModelScope) {
    const select = this.knex<DeploymentRow>('deployments').where({
      deleting: false,
    });
    scope(select, 'deployments.model_id');
    const readable = this.knex<RevisionModelRow>({
      readable: 'deployment_revision_models',
    }).select('readable.model_id');
    scope(readable, 'readable.model_id');
    return select.whereNotExists(
      this.knex({ hidden: 'deployment_revision_models' })
        .select(this.knex.raw('1'))
        .where('hidden.deployment_id', this.knex.ref('deployments.id'))
        .andWhere(part =>
          part
            .where('hidden.number', this.knex.ref('deployments.revision'))
            .orWhere(
              'hidden.number',
              this.knex.ref('deployments.serving_revision'),
            ),
        )
        .whereNotIn('hidden.model_id', readable),
    );
  }

  private heldLease(fencing: number) {
    return this.knex
      .select(this.knex.raw('1'))
      .from('deployment_leases')
      .where({ name: LEADER_LEASE, fencing });
  }

  private async insertRevision(
    tx: Knex.Transaction,
    deployment: { id: string; name: string },
    revision: NewRevision,
    watched: WatchedVersions,
  ): Promise<number> {
    if (revision.room) await takeRoom(tx, revision.room, deployment.name);
    const last = await tx<RevisionRow>('deployment_revisions')
      .where({ name: deployment.name })
      .max({ number: 'number' })
      .first<{ number?: number | string }>();
    const number = Number(last?.number ?? 0) + 1;
    await tx<RevisionRow>('deployment_revisions').insert({
      deployment_id: deployment.id,
      name: deployment.name,
      number,
      created_at: this.now(),
      actor: revision.actor,
      reason: revision.reason,
      snapshot: JSON.stringify({
        variants: revision.variants,
        resources: revision.resources,
        traffic: revision.traffic,
        strategy: revision.strategy,
      }),
    });
    const modelIds = new Set([
      ...Object.keys(watched),
      ...revision.variants.map(({ modelId }) => modelId),
    ]);
    await tx<RevisionModelRow>('deployment_revision_models').insert(
      [...modelIds].map(modelId => ({
        deployment_id: deployment.id,
        number,
        model_id: modelId,
      })),
    );
    return number;
  }

  private async insertHistory(
    tx: Knex.Transaction,
    deployment: { id: string; name: string; modelId: string },
    entry: HistoryDraft,
  ): Promise<void> {
    await tx<HistoryRow>('deployment_history').insert({
      deployment_id: deployment.id,
      name: deployment.name,
      model_id: deployment.modelId,
      at: this.now(),
      actor: entry.actor,
      action: entry.action,
      reason: entry.reason,
      details: entry.details && JSON.stringify(entry.details),
    });
  }
}

function strategyOf({ strategy }: NewRevision): string | null {
  return strategy ? JSON.stringify(strategy) : null;
}

/** Nothing where there is nothing in it. */
function toJson(items: unknown[]): string | null {
  return items.length > 0 ? JSON.stringify(items) : null;
}
