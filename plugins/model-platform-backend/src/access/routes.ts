import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { z } from 'zod';
import { limitOf } from '../http/limitOf';
import { parseBody } from '../http/parseBody';
import { CallerResolver } from './CallerResolver';
import { grantsSchema } from './grantsSchema';
import { Publishers } from './Publishers';
import { tokenNameSchema } from './tokenNameSchema';

const YEAR_SECONDS = 366 * 86_400;

const publisherSchema = z.strictObject({
  name: tokenNameSchema,
  grants: grantsSchema,
  expiresInSeconds: z.number().int().min(1).max(YEAR_SECONDS).optional(),
});

/** Publisher tokens over HTTP. */
export function accessRoutes(options: {
  publishers: Publishers;
  callerResolver: CallerResolver;
}): Router {
  const { publishers, callerResolver } = options;
  const router = PromiseRouter();

  router.get('/v1/publishers', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { limit, cursor } = req.query;
    res.json(
      await publishers.list(caller, {
        limit: limitOf(limit),
        cursor: typeof cursor === 'string' ? cursor : undefined,
      }),
    );
  });

  router.post('/v1/publishers', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const made = await publishers.create(
      caller,
      parseBody(publisherSchema, req.body),
    );
    res.status(201).set('cache-control', 'no-store').json(made);
  });

  router.delete('/v1/publishers/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    await publishers.revoke(caller, req.params.id);
    res.status(204).end();
  });

  return router;
}
