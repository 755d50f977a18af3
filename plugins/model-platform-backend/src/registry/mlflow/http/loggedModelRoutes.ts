import { Router } from 'express';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { parseTrackingFilter } from '../search/parseTrackingFilter';
import { parseFieldOrder } from '../search/parseTrackingOrder';
import { loggedModelSearch } from '../search/trackingSearch';
import { loggedModelRoot, LoggedModels } from '../tracking/LoggedModels';
import { Fact } from '../tracking/TrackingStore';
import { Answering } from './answering';
import { folderListing } from './folderListing';
import { paged, pagingOf } from './paging';
import { invalidValue, missingValue, Tag } from './readParameters';
import { toLoggedModelJson } from './trackingJson';

/** By their number on the wire. */
const statuses = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
];

/** MLflow's logged models, below `/logged-models`. */
export function loggedModelRoutes(options: {
  loggedModels: LoggedModels;
  artifacts: MlflowArtifacts;
  on: Answering;
}): Router {
  const { loggedModels, artifacts, on } = options;
  const router = Router();

  router.post(
    '/',
    on(
      {
        experiment_id: 'string*',
        name: 'string',
        model_type: 'string',
        source_run_id: 'string',
        params: 'tags',
        tags: 'tags',
      },
      async (call, given) => ({
        model: toLoggedModelJson(
          await loggedModels.create(call, {
            experimentId: given.experiment_id,
            name: given.name,
            type: given.model_type,
            sourceRunId: given.source_run_id,
            params: given.params ?? [],
            tags: given.tags ?? [],
          }),
        ),
      }),
    ),
  );
  router.post(
    '/search',
    on(
      {
        ...paged,
        experiment_ids: 'strings',
        filter: 'string',
        order_by: 'objects',
      },
      async (call, given, req) => {
        if (!given.experiment_ids?.length) throw missingValue('experiment_ids');
        const page = pagingOf(req, given, { usual: 100, most: 1000 });
        const found = await loggedModels.search(call, {
          experimentIds: given.experiment_ids,
          comparisons: parseTrackingFilter(given.filter, loggedModelSearch),
          orders: parseFieldOrder(given.order_by, loggedModelSearch),
          ...page,
        });
        return page.answer('models', found, toLoggedModelJson);
      },
    ),
  );
  router.get(
    '/:id',
    on({}, async (call, _given, req) => ({
      model: toLoggedModelJson(await loggedModels.get(call, req.params.id)),
    })),
  );
  router.patch(
    '/:id',
    on({ status: 'status' }, async (call, given, req) => {
      const status =
        typeof given.status === 'number'
          ? statuses[given.status]
          : statuses.find(one => one === given.status);
      if (status === undefined) {
        throw invalidValue('status', given.status ?? null);
      }
      const { id } = req.params;
      const updated = await loggedModels.update(call, id, { status });
      return { model: toLoggedModelJson(updated) };
    }),
  );
  router.delete(
    '/:id',
    on({}, async (call, _given, req) => {
      await loggedModels.update(call, req.params.id, { stage: 'deleted' });
    }),
  );
  router.patch(
    '/:id/tags',
    on({ tags: 'tags' }, async (call, { tags }, req) => {
      const facts = factsOf('tag', tags);
      await loggedModels.update(call, req.params.id, { facts });
    }),
  );
  router.delete(
    '/:id/tags/:key',
    on({}, async (call, _given, req) => {
      await loggedModels.deleteTag(call, req.params.id, req.params.key);
    }),
  );
  router.post(
    '/:id/params',
    on({ params: 'tags' }, async (call, { params }, req) => {
      const facts = factsOf('param', params);
      await loggedModels.update(call, req.params.id, { facts });
    }),
  );
  router.get(
    '/:id/artifacts/directories',
    on({ artifact_directory_path: 'string' }, async (call, given, req) => {
      const { model } = await loggedModels.get(call, req.params.id);
      return await folderListing(
        artifacts,
        call,
        loggedModelRoot(model),
        given.artifact_directory_path,
      );
    }),
  );

  return router;
}

function factsOf(kind: Fact['kind'], tags: Tag[] = []): Fact[] {
  return tags.map(tag => ({ kind, ...tag }));
}
