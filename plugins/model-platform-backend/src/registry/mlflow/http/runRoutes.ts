import { Router } from 'express';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { invalidParameter } from '../MlflowError';
import { parseTrackingFilter } from '../search/parseTrackingFilter';
import { parseTrackingOrder } from '../search/parseTrackingOrder';
import { runSearch } from '../search/trackingSearch';
import { DatasetInput } from '../tracking/datasetFact';
import { runRoot, Runs } from '../tracking/Runs';
import { Metric } from '../tracking/TrackingStore';
import { Answering } from './answering';
import { folderListing } from './folderListing';
import { paged, pagingOf } from './paging';
import {
  integerOf,
  invalidValue,
  isObject,
  missingValue,
  numberOf,
  Tag,
  tagsOf,
} from './readParameters';
import { toMetricJson, toRunInfoJson, toRunJson } from './trackingJson';
import { stagesOf } from './viewType';

const MAX_RESULTS = 50_000;
/** By their number on the wire. */
const statuses = ['', 'RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];
const MAX_METRICS = 1000;
const MAX_PARAMS_OR_TAGS = 100;

/** MLflow's runs, with their metrics and files: `/runs/…`, `/metrics/…`, `/artifacts/…`. */
export function runRoutes(options: {
  runs: Runs;
  artifacts: MlflowArtifacts;
  on: Answering;
}): Router {
  const { runs, artifacts, on } = options;
  const router = Router();
  const one = { run_id: 'string*' } as const;
  const keyed = { ...one, key: 'string*' } as const;

  router.post(
    '/runs/create',
    on(
      {
        experiment_id: 'string',
        run_name: 'string',
        user_id: 'string',
        start_time: 'integer',
        tags: 'tags',
      },
      async (call, given) => ({
        run: toRunJson(
          await runs.create(call, {
            experimentId: given.experiment_id || '0',
            name: given.run_name,
            user: given.user_id,
            startedAt: given.start_time,
            tags: given.tags ?? [],
          }),
        ),
      }),
    ),
  );
  router.get(
    '/runs/get',
    on(one, async (call, { run_id: id }) => ({
      run: toRunJson(await runs.get(call, id)),
    })),
  );
  router.post(
    '/runs/update',
    on(
      { ...one, status: 'status', end_time: 'integer', run_name: 'string' },
      async (call, given) => {
        const status =
          typeof given.status === 'number'
            ? statuses[given.status]
            : given.status;
        if (status !== undefined && !statuses.slice(1).includes(status)) {
          throw invalidValue('status', given.status);
        }
        const updated = await runs.update(call, given.run_id, {
          ...(status ? { status } : {}),
          ...(given.end_time === undefined ? {} : { endedAt: given.end_time }),
          ...(given.run_name ? { name: given.run_name } : {}),
        });
        return { run_info: toRunInfoJson(updated) };
      },
    ),
  );
  router.post(
    '/runs/delete',
    on(one, async (call, { run_id: id }) => {
      await runs.move(call, id, 'deleted');
    }),
  );
  router.post(
    '/runs/restore',
    on(one, async (call, { run_id: id }) => {
      await runs.move(call, id, 'active');
    }),
  );
  router.post(
    '/runs/search',
    on(
      {
        ...paged,
        experiment_ids: 'strings',
        filter: 'string',
        run_view_type: 'string',
        order_by: 'strings',
      },
      async (call, given, req) => {
        const page = pagingOf(req, given, { usual: 1000, most: MAX_RESULTS });
        const found = await runs.search(call, {
          experimentIds: given.experiment_ids ?? [],
          comparisons: parseTrackingFilter(given.filter, runSearch),
          orders: parseTrackingOrder(given.order_by, runSearch),
          stages: stagesOf(given.run_view_type),
          ...page,
        });
        return page.answer('runs', found, toRunJson);
      },
    ),
  );
  router.post(
    '/runs/log-parameter',
    on({ ...keyed, value: 'string' }, async (call, given) => {
      const { run_id: id, key, value = '' } = given;
      await runs.log(call, id, { params: [{ key, value }] });
    }),
  );
  router.post(
    '/runs/log-metric',
    on(
      {
        ...keyed,
        value: 'number*',
        timestamp: 'integer*',
        step: 'integer',
        model_id: 'string',
      },
      async (call, given) => {
        await runs.log(call, given.run_id, { metrics: [metricOf(given)] });
      },
    ),
  );
  router.post(
    '/runs/log-batch',
    on(
      { ...one, metrics: 'objects', params: 'tags', tags: 'tags' },
      async (call, { run_id: id, metrics = [], params = [], tags = [] }) => {
        requireBatch({ metrics, params, tags });
        await runs.log(call, id, {
          metrics: metrics.map((given, index) =>
            metricOf(given, `metrics[${index}].`),
          ),
          params: keysOf('params', params),
          tags: keysOf('tags', tags),
        });
      },
    ),
  );
  router.post(
    '/runs/set-tag',
    on({ ...keyed, value: 'string' }, async (call, given) => {
      const { run_id: id, key, value = '' } = given;
      await runs.log(call, id, { tags: [{ key, value }] });
    }),
  );
  router.post(
    '/runs/delete-tag',
    on(keyed, async (call, { run_id: id, key }) => {
      await runs.deleteTag(call, id, key);
    }),
  );
  router.post(
    '/runs/log-inputs',
    on(
      { ...one, models: 'objects', datasets: 'objects' },
      async (call, { run_id: id, models = [], datasets = [] }) => {
        await runs.linkModels(call, id, 'input', models.map(linkOf));
        await runs.linkDatasets(call, id, datasets.map(datasetOf));
      },
    ),
  );
  router.post(
    '/runs/outputs',
    on(
      { ...one, models: 'objects' },
      async (call, { run_id: id, models = [] }) => {
        await runs.linkModels(call, id, 'output', models.map(linkOf));
      },
    ),
  );
  // Older clients tell with this what they put where; the files say it themselves.
  router.post(
    '/runs/log-model',
    on(one, async (call, { run_id: id }) => {
      await runs.log(call, id, {});
    }),
  );

  router.get(
    '/metrics/get-history',
    on(
      { ...paged, ...one, metric_key: 'string*' },
      async (call, given, req) => {
        const page = pagingOf(req, given, { usual: 25_000, most: MAX_RESULTS });
        const found = await runs.metricHistory(
          call,
          given.run_id,
          given.metric_key,
          page,
        );
        return page.answer('metrics', found, metric => toMetricJson(metric));
      },
    ),
  );

  router.get(
    '/artifacts/list',
    on({ ...one, path: 'string' }, async (call, { run_id: id, path }) => {
      const { run } = await runs.get(call, id);
      return await folderListing(artifacts, call, runRoot(run), path);
    }),
  );

  return router;
}

function metricOf(given: Record<string, unknown>, place = ''): Metric {
  for (const name of ['key', 'value', 'timestamp']) {
    const value = given[name];
    if (value === undefined || value === null || value === '') {
      throw missingValue(`${place}${name}`);
    }
  }
  const value = numberOf(given.value);
  const { key } = given;
  if (typeof key !== 'string') throw invalidValue(`${place}key`, key);
  if (value === undefined) throw invalidValue(`${place}value`, given.value);
  const at = integerOf(given.timestamp);
  const step = integerOf(given.step ?? 0);
  if (at === undefined) {
    throw invalidValue(`${place}timestamp`, given.timestamp);
  }
  if (step === undefined) throw invalidValue(`${place}step`, given.step);
  if (at < 0) {
    throw invalidParameter(
      `Invalid value ${at} for parameter 'timestamp' supplied: metric '${key}' (value=${value}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
  }
  return {
    key,
    value,
    at,
    step,
    loggedModelId:
      typeof given.model_id === 'string' && given.model_id !== ''
        ? given.model_id
        : undefined,
  };
}

function keysOf(name: string, tags: Tag[]): Tag[] {
  tags.forEach(({ key }, index) => {
    if (key === '') throw missingValue(`${name}[${index}].key`);
  });
  return tags;
}

function requireBatch(batch: Record<string, unknown[]>): void {
  let total = 0;
  for (const [name, { length }] of Object.entries(batch)) {
    total += length;
    const most = name === 'metrics' ? MAX_METRICS : MAX_PARAMS_OR_TAGS;
    requireAtMost(name, most, length);
  }
  requireAtMost('metrics, params, and tags', MAX_METRICS, total);
}

function requireAtMost(what: string, most: number, length: number): void {
  if (length > most) {
    throw invalidParameter(
      `A batch logging request can contain at most ${most} ${what}. Got ${length} ${what}. Please split up ${what} across multiple requests and try again.`,
    );
  }
}

function linkOf(given: Record<string, unknown>): { id: string; step: number } {
  if (typeof given.model_id !== 'string' || given.model_id === '') {
    throw invalidValue('models.model_id', given.model_id ?? null);
  }
  const step = integerOf(given.step ?? 0);
  if (step === undefined) throw invalidValue('models.step', given.step);
  return { id: given.model_id, step };
}

function datasetOf(given: Record<string, unknown>): DatasetInput {
  const { dataset } = given;
  if (!isObject(dataset)) throw missingValue('datasets.dataset');
  const { name, digest } = dataset;
  if (typeof name !== 'string' || name === '') {
    throw missingValue('datasets.dataset.name');
  }
  if (typeof digest !== 'string' || digest === '') {
    throw missingValue('datasets.dataset.digest');
  }
  const tags = tagsOf(given.tags ?? []);
  if (!tags) throw invalidValue('datasets.tags', given.tags);
  return {
    dataset: { ...dataset, name, digest },
    tags,
    context: tags.find(tag => tag.key === 'mlflow.data.context')?.value,
  };
}
