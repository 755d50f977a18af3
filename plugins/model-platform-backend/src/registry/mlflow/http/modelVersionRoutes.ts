import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { invalidParameter } from '../MlflowError';
import { MlflowModels } from '../models/MlflowModels';
import { offsetOf, toPageToken } from '../search/pageToken';
import { parseFilter } from '../search/parseFilter';
import { parseOrderBy, versionOrder } from '../search/parseOrderBy';
import { versionNumber } from '../validation';
import { CallOf } from './callOf';
import { toVersionJson } from './modelJson';
import { maxResultsOf, readParameters } from './readParameters';
import { stageOf } from './stageOf';

const MAX_RESULTS = 200_000;
const DEFAULT_RESULTS = 10_000;
const searchable = {
  strings: ['name', 'source_path', 'run_id'],
  numbers: ['version_number'],
  lists: ['name', 'run_id'],
};

/** MLflow's model versions, below `/model-versions`. */
export function modelVersionRoutes(options: {
  models: MlflowModels;
  callOf: CallOf;
}): Router {
  const { models, callOf } = options;
  const router = PromiseRouter();
  const nameAndVersion = { name: 'string*', version: 'string*' } as const;

  router.post('/create', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      name: 'string*',
      source: 'string*',
      run_id: 'string',
      tags: 'tags',
      run_link: 'string',
      description: 'string',
      model_id: 'string',
    });
    const made = await models.createVersion(call, given.name, {
      source: given.source,
      runId: given.run_id || undefined,
      modelId: given.model_id || undefined,
      runLink: given.run_link,
      description: given.description,
      tags: given.tags ?? [],
    });
    res.json({ model_version: toVersionJson(made) });
  });

  router.get('/get', async (req, res) => {
    const call = await callOf(req);
    const { name, version: number } = readParameters(req, nameAndVersion);
    const { version, aliases } = await models.version(
      call,
      name,
      versionNumber(number),
    );
    res.json({ model_version: toVersionJson(version, aliases) });
  });

  router.get('/search', async (req, res) => {
    const call = await callOf(req);
    const parameters = readParameters(req, {
      filter: 'string',
      max_results: 'integer',
      order_by: 'strings',
      page_token: 'string',
    });
    const limit =
      maxResultsOf(req, parameters.max_results, MAX_RESULTS) ?? DEFAULT_RESULTS;
    if (limit < 1) {
      throw invalidParameter(
        `Invalid value for max_results. It must be a positive integer, but got ${limit}`,
      );
    }
    const offset = offsetOf(parameters.page_token);
    const found = await models.searchVersions(call, {
      comparisons: parseFilter(parameters.filter, searchable),
      orders: parseOrderBy(parameters.order_by, versionOrder),
      limit: limit + 1,
      offset,
    });
    const page = found.slice(0, limit);
    res.json({
      model_versions:
        page.length > 0
          ? page.map(version => toVersionJson(version))
          : undefined,
      next_page_token:
        found.length > limit ? toPageToken(offset + limit) : undefined,
    });
  });

  router.get('/get-download-uri', async (req, res) => {
    const call = await callOf(req);
    const { name, version } = readParameters(req, nameAndVersion);
    res.json({
      artifact_uri: await models.downloadUri(
        call,
        name,
        versionNumber(version),
      ),
    });
  });

  router.patch('/update', async (req, res) => {
    const call = await callOf(req);
    const { name, version, description } = readParameters(req, {
      ...nameAndVersion,
      description: 'string',
    });
    const updated = await models.updateVersion(
      call,
      name,
      versionNumber(version),
      description ?? '',
    );
    res.json({ model_version: toVersionJson(updated) });
  });

  router.post('/transition-stage', async (req, res) => {
    const call = await callOf(req);
    const given = readParameters(req, {
      ...nameAndVersion,
      stage: 'string*',
      archive_existing_versions: 'boolean',
    });
    const { version, aliases } = await models.transition(
      call,
      given.name,
      versionNumber(given.version),
      stageOf(given.stage),
      given.archive_existing_versions ?? false,
    );
    res.json({ model_version: toVersionJson(version, aliases) });
  });

  router.delete('/delete', async (req, res) => {
    const call = await callOf(req);
    const { name, version } = readParameters(req, nameAndVersion);
    await models.deleteVersion(call, name, versionNumber(version));
    res.json({});
  });

  router.post('/set-tag', async (req, res) => {
    const call = await callOf(req);
    const { name, version, key, value } = readParameters(req, {
      ...nameAndVersion,
      key: 'string*',
      value: 'string',
    });
    await models.setVersionTag(call, name, versionNumber(version), {
      key,
      value: value ?? '',
    });
    res.json({});
  });

  router.delete('/delete-tag', async (req, res) => {
    const call = await callOf(req);
    const { name, version, key } = readParameters(req, {
      ...nameAndVersion,
      key: 'string*',
    });
    await models.deleteVersionTag(call, name, versionNumber(version), key);
    res.json({});
  });

  return router;
}
