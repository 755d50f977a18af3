import { toDatabaseError } from '../database/toDatabaseError';
import { jsonBodies } from '../http/jsonBodies';
import { refuseNul } from '../http/refuseNul';
import { InputError, isError } from '@backstage/errors';
import { toSystemName } from '@model-platform/plugin-model-platform-common';
import { ErrorRequestHandler, Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { z } from 'zod';
import { Caller } from '../access/Caller';
import { CallerResolver } from '../access/CallerResolver';
import { parseBody } from '../http/parseBody';
import { textOf } from '../registry/requests';
import {
  ofMlflowEvent,
  toMlflowTestResult,
  toMlflowWebhook,
} from './mlflowWebhook';
import { isMlflowEvent } from './webhookEvents';
import { Webhooks } from './Webhooks';

const event = z.object({ entity: z.string(), action: z.string() });
const fields = {
  name: z.string(),
  description: z.string().max(5000).optional(),
  url: z.string().max(2000),
  events: z.array(event).max(100),
  status: z.enum(['ACTIVE', 'DISABLED']).optional(),
  secret: z.string().max(1000).optional(),
};
// MLflow's clients may send more than this version of its API has.
const specSchema = z.object(fields);
const changeSchema = z.object(fields).partial();
const testSchema = z.object({ event: event.optional() });

const codes = new Map<string, [number, string]>([
  ['InputError', [400, 'INVALID_PARAMETER_VALUE']],
  ['AuthenticationError', [401, 'UNAUTHENTICATED']],
  ['NotAllowedError', [403, 'PERMISSION_DENIED']],
  ['NotFoundError', [404, 'RESOURCE_DOES_NOT_EXIST']],
  ['ConflictError', [409, 'RESOURCE_CONFLICT']],
  ['ServiceUnavailableError', [503, 'TEMPORARILY_UNAVAILABLE']],
]);

const mlflowErrors: ErrorRequestHandler = (thrown, _req, res, next) => {
  const error = toDatabaseError(thrown);
  const known = isError(error) ? codes.get(error.name) : undefined;
  if (!isError(error) || !known) {
    next(error);
    return;
  }
  const [status, code] = known;
  res.status(status).json({ error_code: code, message: error.message });
};

/** Webhooks in MLflow's API (`mlflow/protos/webhooks.proto`), under both of its prefixes. */
export function mlflowWebhookRoutes(options: {
  webhooks: Webhooks;
  callerResolver: CallerResolver;
}): Router {
  const { webhooks, callerResolver } = options;
  const router = PromiseRouter();

  router.get('/', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const page = await webhooks.list(caller, {
      system: workspaceOf(req),
      limit: maxResultsOf(req),
      cursor: textOf(req.query.page_token),
    });
    res.json({
      webhooks: page.items
        .filter(({ events }) => events.some(isMlflowEvent))
        .map(toMlflowWebhook),
      ...(page.nextCursor ? { next_page_token: page.nextCursor } : {}),
    });
  });

  router.post('/', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { events, ...spec } = parseBody(specSchema, req.body);
    const webhook = await webhooks.create(caller, {
      ...spec,
      system: workspaceOf(req) ?? onlySystemOf(caller),
      events: events.map(ofMlflowEvent),
    });
    res.json({ webhook: toMlflowWebhook(webhook) });
  });

  router.get('/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const webhook = await webhooks.get(caller, req.params.id);
    res.json({ webhook: toMlflowWebhook(webhook) });
  });

  router.patch('/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { name, url, events, ...change } = parseBody(changeSchema, req.body);
    const before = await webhooks.get(caller, req.params.id);
    // As in MLflow, what is empty was not given; events that its clients cannot see stay.
    const webhook = await webhooks.update(caller, req.params.id, {
      ...change,
      name: name || undefined,
      url: url || undefined,
      events: events?.length
        ? [
            ...events.map(ofMlflowEvent),
            ...before.events.filter(one => !isMlflowEvent(one)),
          ]
        : undefined,
    });
    res.json({ webhook: toMlflowWebhook(webhook) });
  });

  router.delete('/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    await webhooks.remove(caller, req.params.id);
    res.json({});
  });

  router.post('/:id/test', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { event: wanted } = parseBody(testSchema, req.body ?? {});
    const result = await webhooks.test(
      caller,
      req.params.id,
      wanted && ofMlflowEvent(wanted),
    );
    res.json({ result: toMlflowTestResult(result) });
  });

  const mounted = PromiseRouter();
  for (const prefix of ['api', 'ajax-api']) {
    mounted.use(
      `/mlflow/${prefix}/2.0/mlflow/webhooks`,
      refuseNul,
      jsonBodies(),
      basicAsBearer,
      router,
      mlflowErrors,
    );
  }
  return mounted;
}

/** MLflow's clients send a token as the password, of whatever user name. */
function basicAsBearer(req: Request, _res: unknown, next: () => void): void {
  const basic = /^Basic\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  if (basic) {
    const [, token] = /^[^:]*:(.*)$/.exec(
      Buffer.from(basic, 'base64').toString(),
    ) ?? [undefined, ''];
    req.headers.authorization = `Bearer ${token}`;
  }
  next();
}

function workspaceOf(req: Request): string | undefined {
  const header = req.get('x-mlflow-workspace');
  return header ? toSystemName(header) : undefined;
}

/** Throws `InputError` where the caller's grants do not name one. */
function onlySystemOf(caller: Caller): string {
  const systems = new Set(
    caller.kind === 'token' ? caller.grants.flatMap(one => one.systems) : [],
  );
  const [system] = systems;
  if (systems.size !== 1 || system === '*') {
    throw new InputError(
      'Which system is the webhook for? Name it as the workspace (header X-MLFLOW-WORKSPACE), or use a token of one system',
    );
  }
  return system;
}

function maxResultsOf(req: Request): number {
  const text = textOf(req.query.max_results) ?? '100';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 1000) {
    throw new InputError('max_results must be between 1 and 1000.');
  }
  return limit;
}
