import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { applyModelFilter } from '../../applyModelFilter';
import { ensureModel } from '../../ensureModel';
import { DeletedModelRow, ModelRow } from '../../modelRows';
import { HistoryDraft, ModelFields } from '../../ModelStore';
import { insertHistory, lockModel } from '../../modelWrites';
import { Tag } from '../http/readParameters';
import {
  applyComparisons,
  applyTagComparisons,
} from '../search/applyComparisons';
import { MlflowModel } from './MlflowModel';
import { RegisteredModelStore, Search } from './MlflowModelStore';
import { toMlflowModel } from './mlflowRows';
import { putTags } from './mlflowTags';

const modelColumns: Record<string, string> = {
  name: 'registry_models.name',
  timestamp: 'registry_models.created_at',
  last_updated_timestamp: 'registry_models.updated_at',
};

/** MLflow's registered models, in SQLite or PostgreSQL. */
export class DatabaseRegisteredModelStore implements RegisteredModelStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseRegisteredModelStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async findModel(name: string): Promise<MlflowModel | undefined> {
    const row: ModelRow | undefined = await this.shownModels()
      .where('registry_models.name', name)
      .first('registry_models.*');
    return row && toMlflowModel(row);
  }

  async createModel(
    model: {
      fields: ModelFields;
      slug: string;
      publisher: string;
      tags: Tag[];
    },
    history: HistoryDraft,
  ): Promise<boolean> {
    const now = this.now();
    return await this.knex.transaction(async tx => {
      const { name } = model.fields;
      await tx('registry_names')
        .insert({ name, last_number: 0 })
        .onConflict('name')
        .ignore();
      // Two at once take turns.
      await tx('registry_names')
        .where({ name })
        .update({ last_number: tx.ref('last_number') });
      const taken = await tx('registry_models').where({ name }).first('id');
      if (taken) return false;
      const id = await ensureModel(tx, model, now);
      const { last_number: before } = await tx('registry_names')
        .where({ name })
        .first('last_number');
      await tx('mlflow_models').insert({
        model_id: id,
        numbers_before: before,
      });
      await putTags(tx, id, 0, model.tags);
      await insertHistory(tx, id, history, now);
      return true;
    });
  }

  async updateModel(
    id: string,
    change: { description?: string; owner?: string },
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, id);
      await tx<ModelRow>('registry_models')
        .where({ id })
        .whereNull('published_at')
        .update({ ...change, updated_at: now });
      await insertHistory(tx, id, history, now);
    });
  }

  async renameModel(
    model: MlflowModel,
    name: string,
    history: HistoryDraft,
  ): Promise<boolean> {
    const now = this.now();
    return await this.knex.transaction(async tx => {
      await lockModel(tx, model.id);
      const taken = await tx<ModelRow>('registry_models')
        .whereNot({ id: model.id })
        .andWhere(either => either.where({ name }).orWhere({ slug: name }))
        .first('id');
      if (taken) return false;
      const old = await tx('registry_names')
        .where({ name: model.name })
        .first('last_number');
      await tx('registry_names')
        .insert({ name, last_number: old.last_number })
        .onConflict('name')
        .ignore();
      // Neither the numbers of its own versions nor those of the name come again.
      await tx('registry_names')
        .where({ name })
        .andWhere('last_number', '<', old.last_number)
        .update({ last_number: old.last_number });
      await tx<ModelRow>('registry_models')
        .where({ id: model.id })
        .whereNull('published_at')
        .update({ name, updated_at: now });
      await tx('mlflow_models')
        .where({ model_id: model.id })
        .update({ numbers_before: null });
      await insertHistory(tx, model.id, history, now);
      return true;
    });
  }

  async deleteModel(
    model: MlflowModel,
    numbersToo: boolean,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, model.id);
      const row = await tx<ModelRow>('registry_models')
        .where({ id: model.id })
        .first('name', 'slug', 'published_at');
      if (!row) return;
      if (row.published_at !== null) {
        throw new ConflictError(
          `${row.name} was published in the meantime; read it again and repeat`,
        );
      }
      const shown = await tx('mlflow_models')
        .where({ model_id: model.id })
        .first('numbers_before');
      for (const table of [
        'mlflow_models',
        'mlflow_tags',
        'mlflow_aliases',
        'mlflow_versions',
      ]) {
        await tx(table).where({ model_id: model.id }).delete();
      }
      const removed = await tx<ModelRow>('registry_models')
        .where({ id: model.id })
        .whereNotExists(
          tx
            .select(tx.raw('1'))
            .from('registry_versions')
            .where('model_id', model.id),
        )
        .delete();
      // Where another door has a draft of it, it is MLflow alone that forgets it.
      if (removed === 0) return;
      if (numbersToo && typeof shown?.numbers_before === 'number') {
        await tx('registry_names')
          .where({ name: row.name })
          .update({ last_number: shown.numbers_before });
      }
      const { id, name, type, owner, system, visibility, sharedWith } = model;
      await insertHistory(tx, id, history, now);
      await tx<DeletedModelRow>('registry_deleted_models').insert({
        id,
        name,
        slug: row.slug,
        subject: JSON.stringify({
          name,
          type,
          owner,
          system,
          visibility,
          sharedWith,
        }),
        deleted_at: now,
      });
    });
  }

  async searchModels(search: Search): Promise<MlflowModel[]> {
    const query = this.shownModels().select('registry_models.*');
    applyModelFilter(query, search.scope.visible);
    search.scope.models?.(query);
    applyComparisons(query, search.comparisons, modelColumns);
    applyTagComparisons(query, search.comparisons, () =>
      this.knex('mlflow_tags')
        .select(this.knex.raw('1'))
        .whereRaw('mlflow_tags.model_id = registry_models.id')
        .where('mlflow_tags.number', 0),
    );
    for (const { key, descending } of search.orders) {
      query.orderBy(modelColumns[key], descending ? 'desc' : 'asc');
    }
    const rows: ModelRow[] = await query
      .orderBy('registry_models.name')
      .limit(search.limit)
      .offset(search.offset);
    return rows.map(toMlflowModel);
  }

  private shownModels() {
    return this.knex<ModelRow>('registry_models')
      .leftJoin('mlflow_models', 'mlflow_models.model_id', 'registry_models.id')
      .whereNull('registry_models.archived_at')
      .andWhere(either =>
        either
          .whereNotNull('registry_models.published_at')
          .orWhereNotNull('mlflow_models.model_id'),
      );
  }

  private now(): string {
    return this.clock().toISOString();
  }
}
