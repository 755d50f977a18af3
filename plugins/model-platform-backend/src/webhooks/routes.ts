import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { z } from 'zod';
import { CallerResolver } from '../access/CallerResolver';
import { parseBody } from '../http/parseBody';
import { pageOf, textOf } from '../registry/requests';
import { Webhooks } from './Webhooks';

const fields = {
  name: z.string(),
  description: z.string().max(5000).optional(),
  url: z.string().max(2000),
  events: z.array(z.string().max(64)).max(100),
  status: z.enum(['ACTIVE', 'DISABLED']).optional(),
  secret: z.string().max(1000).optional(),
};
const specSchema = z.strictObject({
  ...fields,
  system: z.string().min(1).max(255),
});
const changeSchema = z.strictObject(fields).partial();
const testSchema = z.strictObject({ event: z.string().max(64).optional() });

/** Webhooks in the platform's own API. */
export function webhookRoutes(options: {
  webhooks: Webhooks;
  callerResolver: CallerResolver;
}): Router {
  const { webhooks, callerResolver } = options;
  const router = PromiseRouter();

  router.get('/v1/webhooks', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    res.json(
      await webhooks.list(caller, {
        ...pageOf(req),
        system: textOf(req.query.system),
      }),
    );
  });

  router.post('/v1/webhooks', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const spec = parseBody(specSchema, req.body);
    res.status(201).json(await webhooks.create(caller, spec));
  });

  router.get('/v1/webhooks/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    res.json(await webhooks.get(caller, req.params.id));
  });

  router.patch('/v1/webhooks/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const change = parseBody(changeSchema, req.body);
    res.json(await webhooks.update(caller, req.params.id, change));
  });

  router.delete('/v1/webhooks/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    await webhooks.remove(caller, req.params.id);
    res.status(204).end();
  });

  router.post('/v1/webhooks/:id/test', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { event } = parseBody(testSchema, req.body ?? {});
    res.json(await webhooks.test(caller, req.params.id, event));
  });

  router.get('/v1/webhooks/:id/deliveries', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    res.json(await webhooks.deliveries(caller, req.params.id, pageOf(req)));
  });

  router.post(
    '/v1/webhooks/:id/deliveries/:delivery/redeliver',
    async (req, res) => {
      const caller = await callerResolver.fromRequest(req);
      const { id, delivery } = req.params;
      res.status(202).json(await webhooks.redeliver(caller, id, delivery));
    },
  );

  return router;
}
