import { Router } from 'express';
import { parseTrackingFilter } from '../search/parseTrackingFilter';
import { parseTrackingOrder } from '../search/parseTrackingOrder';
import { experimentSearch } from '../search/trackingSearch';
import { Experiments } from '../tracking/Experiments';
import { Answering } from './answering';
import { paged, pagingOf } from './paging';
import { toExperimentJson } from './trackingJson';
import { stagesOf } from './viewType';

/** MLflow's experiments, below `/experiments`. */
export function experimentRoutes(options: {
  experiments: Experiments;
  on: Answering;
}): Router {
  const { experiments, on } = options;
  const router = Router();
  const one = { experiment_id: 'string*' } as const;

  router.post(
    '/create',
    on(
      { name: 'string*', artifact_location: 'string', tags: 'tags' },
      async (call, given) => {
        // Files are kept by the platform, wherever the client would have them.
        const made = await experiments.create(
          call,
          given.name,
          given.tags ?? [],
        );
        return { experiment_id: made.id };
      },
    ),
  );
  router.get(
    '/get',
    on(one, async (call, { experiment_id: id }) => ({
      experiment: toExperimentJson(await experiments.get(call, id)),
    })),
  );
  router.get(
    '/get-by-name',
    on(
      { experiment_name: 'string*' },
      async (call, { experiment_name: name }) => ({
        experiment: toExperimentJson(await experiments.getByName(call, name)),
      }),
    ),
  );

  const search = on(
    { ...paged, view_type: 'string', filter: 'string', order_by: 'strings' },
    async (call, given, req) => {
      const page = pagingOf(req, given, {
        usual: 1000,
        least: 1,
        most: 50_000,
      });
      const found = await experiments.search(call, {
        comparisons: parseTrackingFilter(given.filter, experimentSearch),
        orders: parseTrackingOrder(given.order_by, experimentSearch),
        stages: stagesOf(given.view_type),
        ...page,
      });
      return page.answer('experiments', found, toExperimentJson);
    },
  );
  router.get('/search', search);
  router.post('/search', search);

  router.post(
    '/delete',
    on(one, async (call, { experiment_id: id }) => {
      await experiments.move(call, id, 'deleted');
    }),
  );
  router.post(
    '/restore',
    on(one, async (call, { experiment_id: id }) => {
      await experiments.move(call, id, 'active');
    }),
  );
  router.post(
    '/update',
    on(
      { ...one, new_name: 'string*' },
      async (call, { experiment_id: id, new_name: name }) => {
        await experiments.rename(call, id, name);
      },
    ),
  );
  router.post(
    '/set-experiment-tag',
    on(
      { ...one, key: 'string*', value: 'string' },
      async (call, { experiment_id: id, key, value = '' }) => {
        await experiments.setTag(call, id, { key, value });
      },
    ),
  );
  router.post(
    '/delete-experiment-tag',
    on({ ...one, key: 'string*' }, async (call, { experiment_id: id, key }) => {
      await experiments.deleteTag(call, id, key);
    }),
  );

  return router;
}
