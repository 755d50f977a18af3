/** What may be compared, and sorted by, in one kind of search of tracking. */
export interface TrackingSearchable {
  entities: Entity[];
  /** Attributes by their column; the others are no attributes. */
  texts: Record<string, string>;
  /** Those that are numbers; `iso` ones are kept as ISO times, and compared as ms since 1970. */
  numbers: Record<string, { column: string; iso?: boolean }>;
  /** Texts that take IN and NOT IN. */
  lists: string[];
}

export type Entity = 'attribute' | 'metric' | 'parameter' | 'tag' | 'dataset';

export const runSearch: TrackingSearchable = {
  entities: ['metric', 'parameter', 'tag', 'attribute', 'dataset'],
  texts: {
    run_id: 'id',
    run_name: 'name',
    'run name': 'name',
    'Run name': 'name',
    'Run Name': 'name',
    user_id: 'user',
    status: 'status',
  },
  numbers: {
    start_time: { column: 'started_at' },
    created: { column: 'started_at' },
    Created: { column: 'started_at' },
    end_time: { column: 'ended_at' },
  },
  lists: ['run_id'],
};

export const experimentSearch: TrackingSearchable = {
  entities: ['attribute', 'tag'],
  texts: { name: 'name', experiment_id: 'id' },
  numbers: {
    creation_time: { column: 'created_at', iso: true },
    last_update_time: { column: 'updated_at', iso: true },
  },
  lists: ['experiment_id'],
};

const made = { column: 'created_at', iso: true };
const changed = { column: 'updated_at', iso: true };

export const loggedModelSearch: TrackingSearchable = {
  entities: ['metric', 'parameter', 'tag', 'attribute'],
  texts: {
    name: 'name',
    model_id: 'id',
    model_type: 'type',
    status: 'status',
    source_run_id: 'source_run_id',
  },
  numbers: {
    creation_timestamp: made,
    creation_time: made,
    last_updated_timestamp: changed,
    last_updated_time: changed,
  },
  lists: ['name', 'model_id', 'model_type', 'status', 'source_run_id'],
};
