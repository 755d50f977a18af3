import { Router } from 'express';
import { ModelVersions } from '../models/ModelVersions';
import { parseFilter, versionSearch } from '../search/parseFilter';
import { parseOrderBy, versionOrder } from '../search/parseOrderBy';
import { versionNumber } from '../validation';
import { Answering } from './answering';
import { toVersionJson } from './modelJson';
import { paged, pagingOf } from './paging';
import { stageOf } from './stageOf';

/** MLflow's model versions, below `/model-versions`. */
export function modelVersionRoutes(options: {
  versions: ModelVersions;
  on: Answering;
}): Router {
  const { versions, on } = options;
  const router = Router();
  const numbered = { name: 'string*', version: 'string*' } as const;
  const tagged = { ...numbered, key: 'string*' } as const;

  router.post(
    '/create',
    on(
      {
        name: 'string*',
        source: 'string*',
        run_id: 'string',
        tags: 'tags',
        run_link: 'string',
        description: 'string',
        model_id: 'string',
      },
      async (call, given) => ({
        model_version: toVersionJson(
          await versions.create(call, given.name, {
            source: given.source,
            runId: given.run_id || undefined,
            modelId: given.model_id || undefined,
            runLink: given.run_link,
            description: given.description,
            tags: given.tags ?? [],
          }),
        ),
      }),
    ),
  );
  router.get(
    '/get',
    on(numbered, async (call, { name, version }) => {
      const found = await versions.get(call, name, versionNumber(version));
      return { model_version: toVersionJson(found.version, found.aliases) };
    }),
  );
  router.get(
    '/search',
    on(
      { ...paged, filter: 'string', order_by: 'strings' },
      async (call, given, req) => {
        const page = pagingOf(req, given, { usual: 10_000, most: 200_000 });
        const found = await versions.search(call, {
          comparisons: parseFilter(given.filter, versionSearch),
          orders: parseOrderBy(given.order_by, versionOrder),
          ...page,
        });
        return page.answer('model_versions', found, one => toVersionJson(one));
      },
    ),
  );
  router.get(
    '/get-download-uri',
    on(numbered, async (call, { name, version }) => ({
      artifact_uri: await versions.downloadUri(
        call,
        name,
        versionNumber(version),
      ),
    })),
  );
  router.patch(
    '/update',
    on(
      { ...numbered, description: 'string' },
      async (call, { name, version, description }) => {
        const found = await versions.update(
          call,
          name,
          versionNumber(version),
          description,
        );
        return { model_version: toVersionJson(found.version, found.aliases) };
      },
    ),
  );
  router.post(
    '/transition-stage',
    on(
      {
        ...numbered,
        stage: 'string*',
        archive_existing_versions: 'boolean',
      },
      async (call, given) => {
        const found = await versions.transition(
          call,
          given.name,
          versionNumber(given.version),
          stageOf(given.stage),
          given.archive_existing_versions ?? false,
        );
        return { model_version: toVersionJson(found.version, found.aliases) };
      },
    ),
  );
  router.delete(
    '/delete',
    on(numbered, async (call, { name, version }) => {
      await versions.delete(call, name, versionNumber(version));
    }),
  );
  router.post(
    '/set-tag',
    on({ ...tagged, value: 'string' }, async (call, given) => {
      const { name, version, key, value = '' } = given;
      await versions.setTag(call, name, versionNumber(version), { key, value });
    }),
  );
  router.delete(
    '/delete-tag',
    on(tagged, async (call, { name, version, key }) => {
      await versions.deleteTag(call, name, versionNumber(version), key);
    }),
  );

  return router;
}
