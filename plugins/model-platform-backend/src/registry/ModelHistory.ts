import { InputError, NotFoundError } from '@backstage/errors';
import {
  AliasAt,
  HistoryEntry,
  modelPublishPermission,
  modelReadPermission,
  Page,
} from '@model-platform/plugin-model-platform-common';
import { DateTime } from 'luxon';
import { Authorizer } from '../access/Authorizer';
import { Caller } from '../access/Caller';
import { ModelSubject } from '../access/ModelFilter';
import { decodeCursor, encodeCursor } from './cursor';
import { HistoryStore } from './HistoryStore';
import { ModelAccess, modelNameOf } from './ModelAccess';
import { ModelStore } from './ModelStore';

/** What a history is asked for; times in ISO 8601. */
export interface HistoryFilter {
  limit?: number;
  cursor?: string;
  actor?: string;
  actions?: string[];
  from?: string;
  to?: string;
}

/** What happened to a model, also to one that was deleted since. */
export class ModelHistory {
  constructor(
    private readonly options: {
      store: ModelStore;
      history: HistoryStore;
      access: ModelAccess;
      authorizer: Authorizer;
    },
  ) {}

  /** Newest first. */
  async list(
    caller: Caller,
    ref: string,
    filter: HistoryFilter = {},
  ): Promise<Page<HistoryEntry>> {
    const { id: modelId, subject } = await this.subjectOf(caller, ref);
    const limit = filter.limit ?? 50;
    const before =
      filter.cursor === undefined
        ? undefined
        : decodeCursor(filter.cursor).value;
    if (before !== undefined && !/^\d{1,18}$/.test(before)) {
      throw new InputError('This cursor is not of a history');
    }
    const found = await this.options.history.list(modelId, {
      unfinished: await this.options.authorizer.can(
        caller,
        modelPublishPermission,
        subject,
      ),
      actor: filter.actor,
      actions: filter.actions,
      from: filter.from && toUtc(filter.from, 'from'),
      to: filter.to && toUtc(filter.to, 'to'),
      limit: limit + 1,
      before,
    });
    const items = found.slice(0, limit);
    return {
      items,
      nextCursor:
        found.length > limit
          ? encodeCursor({ value: items[items.length - 1].id, id: modelId })
          : undefined,
    };
  }

  /** Which versions the aliases named at a time. */
  async aliasesAt(
    caller: Caller,
    ref: string,
    at: string,
  ): Promise<{ items: AliasAt[] }> {
    const { id: modelId } = await this.subjectOf(caller, ref);
    return {
      items: await this.options.history.aliasesAt(modelId, toUtc(at, 'at')),
    };
  }

  /** Throws `NotFoundError` where it named none. */
  async aliasAt(
    caller: Caller,
    ref: string,
    alias: string,
    at: string,
  ): Promise<AliasAt> {
    const { id: modelId } = await this.subjectOf(caller, ref);
    const time = toUtc(at, 'at');
    const [found] = await this.options.history.aliasesAt(modelId, time, alias);
    if (!found) {
      throw new NotFoundError(
        `The alias ${alias} of ${ref} named no version at ${time}`,
      );
    }
    return found;
  }

  private async subjectOf(
    caller: Caller,
    ref: string,
  ): Promise<{ id: string; subject: ModelSubject }> {
    const { store, history, access, authorizer } = this.options;
    const name = modelNameOf(ref);
    const found = await store.find(name);
    const deleted = found?.published
      ? undefined
      : await history.findDeleted(name);
    if (
      deleted &&
      (await authorizer.can(caller, modelReadPermission, deleted.subject))
    ) {
      return deleted;
    }
    const { model } = await access.requireReadable(caller, found, ref);
    return { id: model.id, subject: model };
  }
}

function toUtc(text: string, name: string): string {
  const time = DateTime.fromISO(text, { zone: 'utc' }).toUTC().toISO();
  if (!time) {
    throw new InputError(
      `${name} must be a time in ISO 8601, such as 2026-11-26T09:30:00Z, not '${text}'`,
    );
  }
  return time;
}
