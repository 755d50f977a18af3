import { Router } from 'express';
import { ModelAliases } from '../models/ModelAliases';
import { RegisteredModels } from '../models/RegisteredModels';
import { modelSearch, parseFilter } from '../search/parseFilter';
import { modelOrder, parseOrderBy } from '../search/parseOrderBy';
import { versionNumber } from '../validation';
import { Answering } from './answering';
import { toModelJson, toVersionJson } from './modelJson';
import { paged, pagingOf } from './paging';
import { stageOf } from './stageOf';

/** MLflow's registered models, below `/registered-models`. */
export function registeredModelRoutes(options: {
  models: RegisteredModels;
  aliases: ModelAliases;
  on: Answering;
}): Router {
  const { models, aliases, on } = options;
  const router = Router();
  const named = { name: 'string*' } as const;
  const tagged = { ...named, key: 'string*' } as const;
  const aliased = { ...named, alias: 'string*' } as const;

  router.post(
    '/create',
    on(
      { ...named, tags: 'tags', description: 'string' },
      async (call, { name, tags = [], description = '' }) => ({
        registered_model: toModelJson(
          await models.create(call, name, tags, description),
        ),
      }),
    ),
  );
  router.get(
    '/get',
    on(named, async (call, { name }) => ({
      registered_model: toModelJson(await models.get(call, name)),
    })),
  );
  router.get(
    '/search',
    on(
      { ...paged, filter: 'string', order_by: 'strings' },
      async (call, given, req) => {
        const page = pagingOf(req, given, { usual: 100, most: 1000 });
        const found = await models.search(call, {
          comparisons: parseFilter(given.filter, modelSearch),
          orders: parseOrderBy(given.order_by, modelOrder),
          ...page,
        });
        return page.answer('registered_models', found, toModelJson);
      },
    ),
  );
  router.patch(
    '/update',
    on(
      { ...named, description: 'string' },
      async (call, { name, description = '' }) => ({
        registered_model: toModelJson(
          await models.update(call, name, description),
        ),
      }),
    ),
  );
  router.post(
    '/rename',
    on(
      { ...named, new_name: 'string*' },
      async (call, { name, new_name: newName }) => ({
        registered_model: toModelJson(await models.rename(call, name, newName)),
      }),
    ),
  );
  router.delete(
    '/delete',
    on(named, async (call, { name }) => await models.delete(call, name)),
  );
  router.post(
    '/set-tag',
    on({ ...tagged, value: 'string' }, async (call, given) => {
      const { name, key, value = '' } = given;
      await models.setTag(call, name, { key, value });
    }),
  );
  router.delete(
    '/delete-tag',
    on(tagged, async (call, { name, key }) => {
      await models.deleteTag(call, name, key);
    }),
  );

  const latestVersions = on(
    { ...named, stages: 'strings' },
    async (call, { name, stages = [] }) => {
      const found = await models.latestVersions(
        call,
        name,
        stages.map(stageOf),
      );
      return {
        model_versions:
          found.length > 0
            ? found.map(one => toVersionJson(one.version, one.aliases))
            : undefined,
      };
    },
  );
  router.get('/get-latest-versions', latestVersions);
  router.post('/get-latest-versions', latestVersions);

  router.post(
    '/alias',
    on(
      { ...aliased, version: 'string*' },
      async (call, { name, alias, version }) => {
        await aliases.set(call, name, alias, versionNumber(version));
      },
    ),
  );
  router.get(
    '/alias',
    on(aliased, async (call, { name, alias }) => {
      const found = await aliases.find(call, name, alias);
      return { model_version: toVersionJson(found.version, found.aliases) };
    }),
  );
  router.delete(
    '/alias',
    on(aliased, async (call, { name, alias }) => {
      await aliases.delete(call, name, alias);
    }),
  );

  return router;
}
