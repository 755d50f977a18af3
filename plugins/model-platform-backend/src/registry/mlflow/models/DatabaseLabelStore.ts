import { Knex } from 'knex';
import { HistoryDraft } from '../../ModelStore';
import { insertHistory, lockModel } from '../../modelWrites';
import { Tag } from '../http/readParameters';
import { MlflowAlias } from './MlflowModel';
import { LabelStore } from './MlflowModelStore';
import { chunks, findTags, putTags } from './mlflowTags';

/** Tags and aliases of MLflow's models and versions, in SQLite or PostgreSQL. */
export class DatabaseLabelStore implements LabelStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseLabelStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async tagsOfModels(ids: string[]): Promise<Map<string, Tag[]>> {
    return await findTags(
      this.knex,
      ids.map(id => ({ modelId: id, number: 0 })),
    );
  }

  async setTag(
    modelId: string,
    number: number,
    key: string,
    value: string | undefined,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      if (value === undefined) {
        const removed = await tx('mlflow_tags')
          .where({ model_id: modelId, number, key })
          .delete();
        if (removed === 0) return;
      } else {
        await putTags(tx, modelId, number, [{ key, value }]);
      }
      await insertHistory(tx, modelId, history, now);
    });
  }

  async aliasesOfModels(ids: string[]): Promise<Map<string, MlflowAlias[]>> {
    const found = new Map<string, MlflowAlias[]>(ids.map(id => [id, []]));
    for (const part of chunks(ids)) {
      const rows = [
        ...(await this.knex('registry_aliases')
          .whereIn('model_id', part)
          .select('model_id', 'alias', 'version as number')),
        ...(await this.knex('mlflow_aliases')
          .whereIn('model_id', part)
          .select('model_id', 'alias', 'number')),
      ];
      for (const row of rows) {
        found.get(row.model_id)?.push({ alias: row.alias, number: row.number });
      }
    }
    for (const aliases of found.values()) {
      aliases.sort((left, right) => (left.alias < right.alias ? -1 : 1));
    }
    return found;
  }

  private now(): string {
    return this.clock().toISOString();
  }
}
