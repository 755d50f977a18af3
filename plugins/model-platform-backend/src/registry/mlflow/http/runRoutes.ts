import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { invalidParameter } from '../MlflowError';
import { offsetOf, toPageToken } from '../search/pageToken';
import { runRoot, Tracking } from '../tracking/Tracking';
import { Metric } from '../tracking/TrackingStore';
import { toFilesJson } from './artifactRoutes';
import { CallOf } from './callOf';
import {
  invalidValue,
  maxResultsOf,
  numberOf,
  readParameters,
} from './readParameters';
import { toMetricJson, toRunInfoJson, toRunJson } from './trackingJson';
import { stagesOf } from './viewType';

const MAX_RESULTS = 50_000;
const statuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/** MLflow's runs, with their metrics and files: `/runs/…`, `/metrics/…`, `/artifacts/…`. */
export function runRoutes(options: {
  tracking: Tracking;
  artifacts: MlflowArtifacts;
  callOf: CallOf;
}): Router {
  const { tracking, artifacts, callOf } = options;
  const router = PromiseRouter();
  const run = { run_id: 'string*' } as const;

  router.post('/runs/create', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      experiment_id: 'string',
      run_name: 'string',
      user_id: 'string',
      start_time: 'integer',
      tags: 'tags',
    });
    const made = await tracking.createRun(call, {
      experimentId: given.experiment_id || '0',
      name: given.run_name,
      user: given.user_id,
      startedAt: given.start_time,
      tags: given.tags ?? [],
    });
    res.json({ run: toRunJson(made) });
  });

  router.get('/runs/get', async (req, res) => {
    const call = await callOf(req);
    const { run_id: id } = readParameters(req, run);
    res.json({ run: toRunJson(await tracking.run(call, id)) });
  });

  router.post('/runs/update', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      ...run,
      status: 'string',
      end_time: 'integer',
      run_name: 'string',
    });
    if (given.status !== undefined && !statuses.includes(given.status)) {
      throw invalidValue('status', given.status);
    }
    const updated = await tracking.updateRun(call, given.run_id, {
      ...(given.status ? { status: given.status } : {}),
      ...(given.end_time === undefined ? {} : { endedAt: given.end_time }),
      ...(given.run_name ? { name: given.run_name } : {}),
    });
    res.json({ run_info: toRunInfoJson(updated) });
  });

  for (const [path, stage] of [
    ['/runs/delete', 'deleted'],
    ['/runs/restore', 'active'],
  ] as const) {
    router.post(path, async (req, res) => {
      const call = await callOf(req);
      const { run_id: id } = readParameters(req, run);
      await tracking.updateRun(call, id, { stage });
      res.json({});
    });
  }

  router.post('/runs/search', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      experiment_ids: 'strings',
      filter: 'string',
      run_view_type: 'string',
      max_results: 'integer',
      page_token: 'string',
    });
    if (given.filter?.trim()) {
      throw invalidParameter(
        'Runs are not searched by a filter here: leave it out, and choose among the runs of the experiments',
      );
    }
    const limit = maxResultsOf(req, given.max_results, MAX_RESULTS) ?? 1000;
    const offset = offsetOf(given.page_token);
    const found = await tracking.searchRuns(call, {
      experimentIds: given.experiment_ids ?? [],
      stages: stagesOf(given.run_view_type),
      limit: limit + 1,
      offset,
    });
    const page = found.slice(0, limit);
    res.json({
      runs: page.length > 0 ? page.map(toRunJson) : undefined,
      next_page_token:
        found.length > limit ? toPageToken(offset + limit) : undefined,
    });
  });

  router.post('/runs/log-parameter', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      ...run,
      key: 'string*',
      value: 'string',
    });
    await tracking.logToRun(call, given.run_id, {
      params: [{ key: given.key, value: given.value ?? '' }],
    });
    res.json({});
  });

  router.post('/runs/log-metric', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, { ...run, key: 'string*' });
    await tracking.logToRun(call, given.run_id, {
      metrics: [metricOf(req.body)],
    });
    res.json({});
  });

  router.post('/runs/log-batch', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      ...run,
      metrics: 'objects',
      params: 'tags',
      tags: 'tags',
    });
    await tracking.logToRun(call, given.run_id, {
      metrics: given.metrics?.map(metricOf),
      params: given.params,
      tags: given.tags,
    });
    res.json({});
  });

  router.post('/runs/set-tag', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      ...run,
      key: 'string*',
      value: 'string',
    });
    await tracking.logToRun(call, given.run_id, {
      tags: [{ key: given.key, value: given.value ?? '' }],
    });
    res.json({});
  });

  router.post('/runs/delete-tag', async (req, res) => {
    const call = await callOf(req);
    const { run_id: id, key } = readParameters(req, { ...run, key: 'string*' });
    await tracking.deleteRunTag(call, id, key);
    res.json({});
  });

  router.post('/runs/log-inputs', async (req, res) => {
    const call = await callOf(req);
    const { run_id: id, models } = readParameters(req, {
      ...run,
      models: 'objects',
    });
    await tracking.linkModels(call, id, 'input', (models ?? []).map(linkOf));
    res.json({});
  });

  router.post('/runs/outputs', async (req, res) => {
    const call = await callOf(req);
    const { run_id: id, models } = readParameters(req, {
      ...run,
      models: 'objects',
    });
    await tracking.linkModels(call, id, 'output', (models ?? []).map(linkOf));
    res.json({});
  });

  // Older clients tell with this what they put where; the files say it themselves.
  router.post('/runs/log-model', async (req, res) => {
    const call = await callOf(req);
    const { run_id: id } = readParameters(req, run);
    await tracking.logToRun(call, id, {});
    res.json({});
  });

  router.get('/metrics/get-history', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      ...run,
      metric_key: 'string*',
      max_results: 'integer',
      page_token: 'string',
    });
    const limit = maxResultsOf(req, given.max_results, MAX_RESULTS) ?? 25_000;
    const offset = offsetOf(given.page_token);
    const found = await tracking.metricHistory(
      call,
      given.run_id,
      given.metric_key,
      { limit: limit + 1, offset },
    );
    const page = found.slice(0, limit);
    res.json({
      metrics: page.length > 0 ? page.map(one => toMetricJson(one)) : undefined,
      next_page_token:
        found.length > limit ? toPageToken(offset + limit) : undefined,
    });
  });

  router.get('/artifacts/list', async (req, res) => {
    const call = await callOf(req);
    const { run_id: id, path } = readParameters(req, {
      ...run,
      path: 'string',
    });
    const root = runRoot((await tracking.run(call, id)).run);
    const folder = path?.replace(/^\/+|\/+$/g, '');
    const entries = await artifacts.list(
      call,
      folder ? `${root}/${folder}` : root,
    );
    res.json({
      root_uri: `mlflow-artifacts:/${root}`,
      ...toFilesJson(entries, folder),
    });
  });

  return router;
}

function metricOf(given: Record<string, unknown>): Metric {
  const value = numberOf(given.value);
  if (typeof given.key !== 'string' || given.key === '') {
    throw invalidValue('key', given.key ?? null);
  }
  if (value === undefined) throw invalidValue('value', given.value ?? null);
  return {
    key: given.key,
    value,
    at: integerOf('timestamp', given.timestamp) ?? Date.now(),
    step: integerOf('step', given.step) ?? 0,
    loggedModelId:
      typeof given.model_id === 'string' && given.model_id !== ''
        ? given.model_id
        : undefined,
  };
}

function linkOf(given: Record<string, unknown>): { id: string; step: number } {
  if (typeof given.model_id !== 'string' || given.model_id === '') {
    throw invalidValue('models.model_id', given.model_id ?? null);
  }
  return { id: given.model_id, step: integerOf('step', given.step) ?? 0 };
}

function integerOf(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = numberOf(value);
  if (number === undefined || !Number.isSafeInteger(number)) {
    throw invalidValue(name, value);
  }
  return number;
}
