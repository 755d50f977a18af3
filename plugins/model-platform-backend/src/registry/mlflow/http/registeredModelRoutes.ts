import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { MlflowModels } from '../models/MlflowModels';
import { offsetOf, toPageToken } from '../search/pageToken';
import { parseFilter } from '../search/parseFilter';
import { modelOrder, parseOrderBy } from '../search/parseOrderBy';
import { versionNumber } from '../validation';
import { CallOf } from './callOf';
import { toModelJson, toVersionJson } from './modelJson';
import { maxResultsOf, readParameters } from './readParameters';
import { stageOf } from './stageOf';

const searchable = { strings: ['name'], numbers: [], lists: ['name'] };

/** MLflow's registered models, below `/registered-models`. */
export function registeredModelRoutes(options: {
  models: MlflowModels;
  callOf: CallOf;
}): Router {
  const { models, callOf } = options;
  const router = PromiseRouter();

  router.post('/create', async (req, res) => {
    const call = await callOf(req);
    const { name, tags, description } = readParameters(req, {
      name: 'string*',
      tags: 'tags',
      description: 'string',
    });
    const made = await models.createModel(
      call,
      name,
      tags ?? [],
      description ?? '',
    );
    res.json({ registered_model: toModelJson(made) });
  });

  router.get('/get', async (req, res) => {
    const call = await callOf(req);
    const { name } = readParameters(req, { name: 'string*' });
    res.json({ registered_model: toModelJson(await models.model(call, name)) });
  });

  router.get('/search', async (req, res) => {
    const call = await callOf(req);
    const parameters = readParameters(req, {
      filter: 'string',
      max_results: 'integer',
      order_by: 'strings',
      page_token: 'string',
    });
    const limit = maxResultsOf(req, parameters.max_results, 1000) ?? 100;
    const offset = offsetOf(parameters.page_token);
    const found = await models.searchModels(call, {
      comparisons: parseFilter(parameters.filter, searchable),
      orders: parseOrderBy(parameters.order_by, modelOrder),
      limit: limit + 1,
      offset,
    });
    const page = found.slice(0, limit);
    res.json({
      registered_models: page.length > 0 ? page.map(toModelJson) : undefined,
      next_page_token:
        found.length > page.length
          ? toPageToken(offset + page.length)
          : undefined,
    });
  });

  router.patch('/update', async (req, res) => {
    const call = await callOf(req);
    const { name, description } = readParameters(req, {
      name: 'string*',
      description: 'string',
    });
    const updated = await models.updateModel(call, name, description ?? '');
    res.json({ registered_model: toModelJson(updated) });
  });

  router.post('/rename', async (req, res) => {
    const call = await callOf(req);
    const { name, new_name: newName } = readParameters(req, {
      name: 'string*',
      new_name: 'string*',
    });
    const renamed = await models.renameModel(call, name, newName);
    res.json({ registered_model: toModelJson(renamed) });
  });

  router.delete('/delete', async (req, res) => {
    const call = await callOf(req);
    const { name } = readParameters(req, { name: 'string*' });
    await models.deleteModel(call, name);
    res.json({});
  });

  router.post('/set-tag', async (req, res) => {
    const call = await callOf(req);
    const { name, key, value } = readParameters(req, {
      name: 'string*',
      key: 'string*',
      value: 'string',
    });
    await models.setModelTag(call, name, { key, value: value ?? '' });
    res.json({});
  });

  router.delete('/delete-tag', async (req, res) => {
    const call = await callOf(req);
    const { name, key } = readParameters(req, {
      name: 'string*',
      key: 'string*',
    });
    await models.deleteModelTag(call, name, key);
    res.json({});
  });

  const latestVersions = PromiseRouter();
  latestVersions.use(async (req, res) => {
    const call = await callOf(req);
    const { name, stages } = readParameters(req, {
      name: 'string*',
      stages: 'strings',
    });
    const found = await models.latestVersions(
      call,
      name,
      (stages ?? []).map(stageOf),
    );
    res.json({
      model_versions:
        found.length > 0
          ? found.map(version => toVersionJson(version))
          : undefined,
    });
  });
  router.get('/get-latest-versions', latestVersions);
  router.post('/get-latest-versions', latestVersions);

  router.post('/alias', async (req, res) => {
    const call = await callOf(req);
    const { name, alias, version } = readParameters(req, {
      name: 'string*',
      alias: 'string*',
      version: 'string*',
    });
    await models.setAlias(call, name, alias, versionNumber(version));
    res.json({});
  });

  router.get('/alias', async (req, res) => {
    const call = await callOf(req);
    const { name, alias } = readParameters(req, {
      name: 'string*',
      alias: 'string*',
    });
    const { version, aliases } = await models.versionByAlias(call, name, alias);
    res.json({ model_version: toVersionJson(version, aliases) });
  });

  router.delete('/alias', async (req, res) => {
    const call = await callOf(req);
    const { name, alias } = readParameters(req, {
      name: 'string*',
      alias: 'string*',
    });
    await models.deleteAlias(call, name, alias);
    res.json({});
  });

  return router;
}
