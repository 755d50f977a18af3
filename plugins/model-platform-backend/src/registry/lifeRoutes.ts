import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { CallerResolver } from '../access/CallerResolver';
import { parseBody } from '../http/parseBody';
import { approvalSchema, versionUpdateSchema } from './bodies';
import { Registry } from './Registry';
import { numberOf, pageOf, textOf, textsOf } from './requests';

/** What becomes of versions, over HTTP: history, comparison, approvals, restoring. */
export function lifeRoutes(options: {
  registry: Registry;
  callerResolver: CallerResolver;
}): Router {
  const { registry, callerResolver } = options;
  const router = PromiseRouter();

  router.get('/v1/models/:name/history', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const actions = textsOf(req.query.action).flatMap(one => one.split(','));
    res.json(
      await registry.history.list(caller, req.params.name, {
        ...pageOf(req),
        actor: textOf(req.query.actor),
        actions: actions.length > 0 ? actions : undefined,
        from: textOf(req.query.from),
        to: textOf(req.query.to),
      }),
    );
  });

  router.get(
    '/v1/models/:name/versions/:version/compare/:other',
    async (req, res) => {
      const caller = await callerResolver.fromRequest(req);
      const { name, version, other } = req.params;
      res.json(await registry.compare(caller, name, version, other));
    },
  );

  router.patch('/v1/models/:name/versions/:version', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { archived, reason } = parseBody(versionUpdateSchema, req.body);
    const { name, version } = req.params;
    const number = numberOf(version);
    res.json(
      archived
        ? await registry.changes.archiveVersion(caller, name, number, {
            reason,
          })
        : await registry.changes.restoreVersion(caller, name, number, {
            reason,
          }),
    );
  });

  router.get(
    '/v1/models/:name/versions/:version/approvals',
    async (req, res) => {
      const caller = await callerResolver.fromRequest(req);
      const { name, version } = req.params;
      res.json(await registry.approvals.list(caller, name, version));
    },
  );

  router.post(
    '/v1/models/:name/versions/:version/approvals',
    async (req, res) => {
      const caller = await callerResolver.fromRequest(req);
      const decision = parseBody(approvalSchema, req.body);
      const { name, version } = req.params;
      res
        .status(201)
        .json(
          await registry.approvals.decide(
            caller,
            name,
            numberOf(version),
            decision,
          ),
        );
    },
  );

  router.get('/v1/approvals', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    res.json(await registry.approvalQueue.list(caller, pageOf(req)));
  });

  return router;
}
