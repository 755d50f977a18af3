import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { offsetOf, toPageToken } from '../search/pageToken';
import { parseFilter } from '../search/parseFilter';
import { loggedModelRoot, Tracking } from '../tracking/Tracking';
import { Fact } from '../tracking/TrackingStore';
import { toFilesJson } from './artifactRoutes';
import { CallOf } from './callOf';
import {
  invalidValue,
  maxResultsOf,
  readParameters,
  Tag,
} from './readParameters';
import { toLoggedModelJson } from './trackingJson';

const MAX_RESULTS = 1000;
const statuses = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
];
const searchable = {
  strings: ['name', 'model_id', 'model_type', 'status', 'source_run_id'],
  numbers: [],
  lists: [],
};

/** MLflow's logged models, below `/logged-models`. */
export function loggedModelRoutes(options: {
  tracking: Tracking;
  artifacts: MlflowArtifacts;
  callOf: CallOf;
}): Router {
  const { tracking, artifacts, callOf } = options;
  const router = PromiseRouter();

  router.post('/', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      experiment_id: 'string*',
      name: 'string',
      model_type: 'string',
      source_run_id: 'string',
      params: 'tags',
      tags: 'tags',
    });
    const made = await tracking.createLoggedModel(call, {
      experimentId: given.experiment_id,
      name: given.name,
      type: given.model_type,
      sourceRunId: given.source_run_id,
      params: given.params ?? [],
      tags: given.tags ?? [],
    });
    res.json({ model: toLoggedModelJson(made) });
  });

  router.post('/search', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      experiment_ids: 'strings',
      filter: 'string',
      max_results: 'integer',
      page_token: 'string',
    });
    const limit = maxResultsOf(req, given.max_results, MAX_RESULTS) ?? 50;
    const offset = offsetOf(given.page_token);
    const found = await tracking.searchLoggedModels(call, {
      experimentIds: given.experiment_ids ?? [],
      comparisons: parseFilter(given.filter, searchable),
      limit: limit + 1,
      offset,
    });
    const page = found.slice(0, limit);
    res.json({
      models: page.length > 0 ? page.map(toLoggedModelJson) : undefined,
      next_page_token:
        found.length > limit ? toPageToken(offset + limit) : undefined,
    });
  });

  router.get('/:id', async (req, res) => {
    const call = await callOf(req);
    const found = await tracking.loggedModel(call, req.params.id);
    res.json({ model: toLoggedModelJson(found) });
  });

  router.patch('/:id', async (req, res) => {
    const call = await callOf(req);
    const updated = await tracking.updateLoggedModel(call, req.params.id, {
      status: statusOf(req),
    });
    res.json({ model: toLoggedModelJson(updated) });
  });

  router.delete('/:id', async (req, res) => {
    const call = await callOf(req);
    await tracking.updateLoggedModel(call, req.params.id, { stage: 'deleted' });
    res.json({});
  });

  router.patch('/:id/tags', async (req, res) => {
    const call = await callOf(req);
    const { tags } = readParameters(req, { tags: 'tags' });
    await tracking.updateLoggedModel(call, req.params.id, {
      facts: factsOf('tag', tags),
    });
    res.json({});
  });

  router.delete('/:id/tags/:key', async (req, res) => {
    const call = await callOf(req);
    await tracking.deleteLoggedModelTag(call, req.params.id, req.params.key);
    res.json({});
  });

  router.post('/:id/params', async (req, res) => {
    const call = await callOf(req);
    const { params } = readParameters(req, { params: 'tags' });
    await tracking.updateLoggedModel(call, req.params.id, {
      facts: factsOf('param', params),
    });
    res.json({});
  });

  router.get('/:id/artifacts/directories', async (req, res) => {
    const call = await callOf(req);
    const { artifact_directory_path: path } = readParameters(req, {
      artifact_directory_path: 'string',
    });
    const { model } = await tracking.loggedModel(call, req.params.id);
    const root = loggedModelRoot(model);
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

function factsOf(kind: Fact['kind'], tags: Tag[] = []): Fact[] {
  return tags.map(tag => ({ kind, ...tag }));
}

/** By name, or by the number that it has on the wire. */
function statusOf(req: Request): string {
  const given: unknown = req.body?.status;
  const status =
    typeof given === 'number'
      ? statuses[given]
      : statuses.find(one => one === given);
  if (status === undefined) throw invalidValue('status', given ?? null);
  return status;
}
