import { Knex } from 'knex';
import { ModelFilter } from '../../../access/ModelFilter';
import { applyModelFilter } from '../../applyModelFilter';

export interface VersionEntry {
  model_id: string;
  number: number;
  state: 'pending' | 'bare' | 'registered';
  status_message: string | null;
  source: string | null;
  root: string | null;
  location: string | null;
  run_id: string | null;
  logged_model_id: string | null;
  run_link: string | null;
  description: string | null;
  stage: 'None' | 'Staging' | 'Production' | 'Archived';
  created_by: string;
  responsible: string | null;
  created_at: string;
  updated_at: string;
}

/** Who sees what: models, and versions that are not complete, which only who may publish there does. */
export interface VersionScope {
  visible: ModelFilter;
  unfinished: ModelFilter;
  /** Narrows to some models; called with a query over `registry_models`. */
  models?(query: Knex.QueryBuilder): void;
}

/**
 * Every version that MLflow shows, as a table `entries`: the ready ones of the
 * registry, whoever published them, and those that MLflow alone has.
 */
export function versionEntries(knex: Knex, scope: VersionScope) {
  const modelsFor = (filter: ModelFilter) => {
    const models = knex('registry_models')
      .select('registry_models.id')
      .whereNull('registry_models.archived_at');
    applyModelFilter(models, filter);
    scope.models?.(models);
    return models;
  };
  const said = (column: string) => `said.${column}`;
  const own = [
    'status_message',
    'source',
    'root',
    'location',
    'run_id',
    'logged_model_id',
    'run_link',
    'description',
    'responsible',
  ];
  const registered = knex({ version: 'registry_versions' })
    .leftJoin({ said: 'mlflow_versions' }, join =>
      join
        .on('said.model_id', 'version.model_id')
        .andOn('said.number', 'version.number'),
    )
    .where('version.status', 'ready')
    .whereIn('version.model_id', modelsFor(scope.visible))
    .select(
      'version.model_id',
      'version.number',
      knex.raw(`'registered' as state`),
      ...own.map(said),
      knex.raw(`coalesce(said.stage, 'None') as stage`),
      knex.raw('version.publisher as created_by'),
      knex.raw('coalesce(said.created_at, version.created_at) as created_at'),
      knex.raw('coalesce(said.updated_at, version.ready_at) as updated_at'),
    );
  const other = (state: string, filter: ModelFilter) =>
    knex({ said: 'mlflow_versions' })
      .where('said.state', state)
      .whereIn('said.model_id', modelsFor(filter))
      .whereNotExists(
        knex({ version: 'registry_versions' })
          .select(knex.raw('1'))
          .whereRaw('version.model_id = said.model_id')
          .whereRaw('version.number = said.number')
          .whereNot('version.status', 'draft'),
      )
      .select(
        'said.model_id',
        'said.number',
        'said.state',
        ...own.map(said),
        'said.stage',
        'said.created_by',
        'said.created_at',
        'said.updated_at',
      );
  return registered
    .unionAll([
      other('pending', scope.unfinished),
      other('bare', scope.visible),
    ])
    .as('entries');
}
