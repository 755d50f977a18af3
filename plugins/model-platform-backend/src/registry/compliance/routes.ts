import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { CallerResolver } from '../../access/CallerResolver';
import { modelsQueryOf } from '../modelsQueryOf';
import { MetadataCompliance } from './MetadataCompliance';

/** Which published models fall short of today's schemas, over HTTP. */
export function complianceRoutes(options: {
  compliance: MetadataCompliance;
  callerResolver: CallerResolver;
}): Router {
  const { compliance, callerResolver } = options;
  const router = PromiseRouter();

  router.get('/v1/metadata-compliance', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    res.json(await compliance.list(caller, modelsQueryOf(req)));
  });

  router.get('/v1/models/:name/metadata-compliance', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    res.json(await compliance.get(caller, req.params.name));
  });

  return router;
}
