import { LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import {
  isMlflowEvent,
  WebhookStatus,
} from '@model-platform/plugin-model-platform-common';
import { Router } from 'express';
import { Caller } from '../access/Caller';
import { CallerResolver } from '../access/CallerResolver';
import { jsonBodies } from '../http/jsonBodies';
import { refuseNul } from '../http/refuseNul';
import { answering } from '../registry/mlflow/http/answering';
import { callOf } from '../registry/mlflow/http/callOf';
import { mlflowErrors } from '../registry/mlflow/http/mlflowErrors';
import {
  invalidValue,
  missingValue,
} from '../registry/mlflow/http/readParameters';
import { doesNotExist, invalidParameter } from '../registry/mlflow/MlflowError';
import { checkLength } from '../registry/mlflow/validation';
import {
  ofMlflowEvent,
  toMlflowTestResult,
  toMlflowWebhook,
} from './mlflowWebhook';
import { Webhooks } from './Webhooks';

const MAX_EVENTS = 100;
/** By their number on the wire. */
const statuses = ['', 'ACTIVE', 'DISABLED'] as const;

const fields = {
  name: 'string',
  url: 'string',
  events: 'objects',
  description: 'string',
  secret: 'string',
  status: 'status',
} as const;

/** Webhooks in MLflow's API (`mlflow/protos/webhooks.proto`), under both of its prefixes. */
export function mlflowWebhookRoutes(options: {
  webhooks: Webhooks;
  callerResolver: CallerResolver;
  logger: LoggerService;
}): Router {
  const { webhooks, callerResolver, logger } = options;
  const on = answering(callOf(callerResolver));
  const router = Router();

  router.get(
    '/',
    on(
      { max_results: 'integer', page_token: 'string' },
      async ({ caller, system }, given) => {
        const limit = given.max_results ?? 100;
        if (limit < 1 || limit > 1000) {
          throw invalidParameter('max_results must be between 1 and 1000.');
        }
        const page = await webhooks.list(caller, {
          system,
          limit,
          cursor: given.page_token || undefined,
        });
        return {
          webhooks: page.items
            .filter(({ events }) => events.some(isMlflowEvent))
            .map(toMlflowWebhook),
          next_page_token: page.nextCursor,
        };
      },
    ),
  );
  router.post(
    '/',
    on(
      { ...fields, name: 'string*', url: 'string*', events: 'objects*' },
      async ({ caller, system }, given) => {
        const webhook = await webhooks.create(caller, {
          ...specOf(given),
          name: given.name,
          url: given.url,
          system: system ?? onlySystemOf(caller),
          events: given.events.map(toEvent),
        });
        return { webhook: toMlflowWebhook(webhook) };
      },
    ),
  );
  router.get(
    '/:id',
    on({}, async ({ caller }, _given, req) => ({
      webhook: toMlflowWebhook(
        await known(req.params.id, id => webhooks.get(caller, id)),
      ),
    })),
  );
  router.patch(
    '/:id',
    on(fields, async ({ caller }, given, req) => {
      const webhook = await known(req.params.id, async id => {
        const before = await webhooks.get(caller, id);
        const { events } = given;
        // As in MLflow, what is empty was not given; events that its clients cannot see stay.
        return await webhooks.update(caller, id, {
          ...specOf(given),
          name: given.name || undefined,
          url: given.url || undefined,
          events: events?.length
            ? [
                ...events.map(toEvent),
                ...before.events.filter(one => !isMlflowEvent(one)),
              ]
            : undefined,
        });
      });
      return { webhook: toMlflowWebhook(webhook) };
    }),
  );
  router.delete(
    '/:id',
    on({}, async ({ caller }, _given, req) => {
      await known(req.params.id, id => webhooks.remove(caller, id));
    }),
  );
  router.post(
    '/:id/test',
    on({ event: 'object' }, async ({ caller }, { event }, req) => {
      const result = await known(req.params.id, id =>
        webhooks.test(caller, id, event && toEvent(event)),
      );
      return { result: toMlflowTestResult(result) };
    }),
  );

  const mounted = Router();
  for (const prefix of ['api', 'ajax-api']) {
    mounted.use(
      `/mlflow/${prefix}/2.0/mlflow/webhooks`,
      refuseNul,
      jsonBodies(),
      router,
      mlflowErrors(logger),
    );
  }
  return mounted;
}

function specOf(given: {
  name?: string;
  url?: string;
  events?: unknown[];
  description?: string;
  secret?: string;
  status?: string | number;
}) {
  const { name, url, description, secret, events = [] } = given;
  checkLength(255, { name });
  checkLength(2000, { url });
  checkLength(5000, { description });
  checkLength(1000, { secret });
  if (events.length > MAX_EVENTS) {
    throw invalidParameter(`A webhook has at most ${MAX_EVENTS} events`);
  }
  return { description, secret, status: statusOf(given.status) };
}

function statusOf(
  given: string | number | undefined,
): WebhookStatus | undefined {
  if (given === undefined) return undefined;
  const status = typeof given === 'number' ? statuses[given] : given;
  if (status !== 'ACTIVE' && status !== 'DISABLED') {
    throw invalidValue('status', given);
  }
  return status;
}

function toEvent({ entity, action }: Record<string, unknown>): string {
  if (typeof entity !== 'string') throw missingValue('events.entity');
  if (typeof action !== 'string') throw missingValue('events.action');
  return ofMlflowEvent({ entity, action });
}

/** Says in MLflow's words that there is no such webhook. */
async function known<T>(
  id: string,
  work: (id: string) => Promise<T>,
): Promise<T> {
  try {
    return await work(id);
  } catch (error) {
    if (isError(error) && error.name === 'NotFoundError') {
      throw doesNotExist(`Webhook with ID ${id} not found.`);
    }
    throw error;
  }
}

/** Throws where the caller's grants do not name one. */
function onlySystemOf(caller: Caller): string {
  const systems = new Set(
    caller.kind === 'token' ? caller.grants.flatMap(one => one.systems) : [],
  );
  const [system] = systems;
  if (systems.size !== 1 || system === '*') {
    throw invalidParameter(
      'Which system is the webhook for? Name it as the workspace (header X-MLFLOW-WORKSPACE), or use a token of one system',
    );
  }
  return system;
}
