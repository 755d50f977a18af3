import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { offsetOf, toPageToken } from '../search/pageToken';
import { parseFilter } from '../search/parseFilter';
import { Tracking } from '../tracking/Tracking';
import { CallOf } from './callOf';
import { maxResultsOf, readParameters } from './readParameters';
import { toExperimentJson } from './trackingJson';
import { stagesOf } from './viewType';

const MAX_RESULTS = 50_000;
const searchable = { strings: ['name'], numbers: [], lists: ['name'] };

/** MLflow's experiments, below `/experiments`. */
export function experimentRoutes(options: {
  tracking: Tracking;
  callOf: CallOf;
}): Router {
  const { tracking, callOf } = options;
  const router = PromiseRouter();

  router.post('/create', async (req, res) => {
    const call = await callOf(req);
    const { name, tags } = readParameters(req, {
      name: 'string*',
      tags: 'tags',
    });
    const made = await tracking.createExperiment(call, name, tags ?? []);
    res.json({ experiment_id: made.id });
  });

  router.get('/get', async (req, res) => {
    const call = await callOf(req);
    const { experiment_id: id } = readParameters(req, {
      experiment_id: 'string*',
    });
    res.json({
      experiment: toExperimentJson(await tracking.experiment(call, id)),
    });
  });

  router.get('/get-by-name', async (req, res) => {
    const call = await callOf(req);
    const { experiment_name: name } = readParameters(req, {
      experiment_name: 'string*',
    });
    const found = await tracking.experimentByName(call, name);
    res.json({ experiment: toExperimentJson(found) });
  });

  const search = async (req: Request) => {
    const call = await callOf(req);
    const parameters = readParameters(req, {
      view_type: 'string',
      max_results: 'integer',
      filter: 'string',
      page_token: 'string',
    });
    const limit =
      maxResultsOf(req, parameters.max_results, MAX_RESULTS) ?? 1000;
    const offset = offsetOf(parameters.page_token);
    const found = await tracking.searchExperiments(call, {
      comparisons: parseFilter(parameters.filter, searchable),
      stages: stagesOf(parameters.view_type),
      limit: limit + 1,
      offset,
    });
    const page = found.slice(0, limit);
    return {
      experiments: page.length > 0 ? page.map(toExperimentJson) : undefined,
      next_page_token:
        found.length > limit ? toPageToken(offset + limit) : undefined,
    };
  };
  router.get('/search', async (req, res) => {
    res.json(await search(req));
  });
  router.post('/search', async (req, res) => {
    res.json(await search(req));
  });

  for (const [path, stage] of [
    ['/delete', 'deleted'],
    ['/restore', 'active'],
  ] as const) {
    router.post(path, async (req, res) => {
      const call = await callOf(req);
      const { experiment_id: id } = readParameters(req, {
        experiment_id: 'string*',
      });
      await tracking.updateExperiment(call, id, { stage });
      res.json({});
    });
  }

  router.post('/update', async (req, res) => {
    const call = await callOf(req);
    const { experiment_id: id, new_name: name } = readParameters(req, {
      experiment_id: 'string*',
      new_name: 'string*',
    });
    await tracking.updateExperiment(call, id, { name });
    res.json({});
  });

  router.post('/set-experiment-tag', async (req, res) => {
    const call = await callOf(req);
    const {
      experiment_id: id,
      key,
      value,
    } = readParameters(req, {
      experiment_id: 'string*',
      key: 'string*',
      value: 'string',
    });
    await tracking.updateExperiment(call, id, {
      tag: { key, value: value ?? '' },
    });
    res.json({});
  });

  return router;
}
