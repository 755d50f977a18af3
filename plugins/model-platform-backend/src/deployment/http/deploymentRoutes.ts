import { InputError } from '@backstage/errors';
import { Request, Response, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { Caller, toActor } from '../../access/Caller';
import { PlatformContext } from '../../Domain';
import { limitOf } from '../../http/limitOf';
import { parseBody } from '../../http/parseBody';
import { DeclarationFiles } from '../git/DeclarationFiles';
import { DeploymentAccess } from '../access/DeploymentAccess';
import { DeploymentDeclarations } from '../git/DeploymentDeclarations';
import { deploymentJsonSchema } from '../spec/deploymentJsonSchema';
import { DeploymentLogs } from '../logs/DeploymentLogs';
import { Deployments } from '../Deployments';
import { DeploymentQuery, DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Endpoints } from '../endpoints/Endpoints';
import { EndpointTokens } from '../endpoints/EndpointTokens';
import { DeploymentApprovals } from '../gates/DeploymentApprovals';
import { ShownRequest, toApiRequest } from './toApiRequest';
import { MAX_NUMBER } from '../spec/parseDeploymentSpec';
import { nextCursor, parseCursor } from './paging';
import { parseLogQuery } from '../logs/parseLogQuery';
import {
  decisionSchema,
  liftSchema,
  offSchema,
  parseApply,
  promoteSchema,
  reasonSchema,
  rollbackSchema,
  tokenSchema,
} from './requests';
import { sendLogEvents } from './sendLogEvents';
import {
  ShownRevisions,
  toApiDeployment,
  toApiRevision,
} from './toApiDeployment';

export interface DeploymentRoutesOptions {
  context: Pick<PlatformContext, 'callerResolver' | 'registry' | 'auditor'>;
  store: DeploymentStore;
  deployments: Deployments;
  endpoints: Endpoints;
  tokens: EndpointTokens;
  logs: DeploymentLogs;
  access: DeploymentAccess;
  approvals: DeploymentApprovals;
  declarations: DeploymentDeclarations;
  files: DeclarationFiles;
}

/** Routes of deployments, their endpoints, tokens and logs. */
export function deploymentRoutes(options: DeploymentRoutesOptions): Router {
  const { store, deployments, endpoints, tokens, logs, access } = options;
  const { approvals, declarations, files } = options;
  const { callerResolver, registry, auditor } = options.context;
  const router = PromiseRouter();

  async function list(req: Request) {
    const caller = await callerResolver.fromRequest(req);
    const limit = limitOf(req.query.limit);
    const query: DeploymentQuery = {
      limit,
      after: parseCursor(req.query.cursor),
      system: text(req, 'system'),
      environment: text(req, 'environment'),
    };
    const model = text(req, 'model');
    if (model !== undefined) {
      const found = await access.readableModel(caller, model);
      if (!found) {
        return { items: [], totalItems: 0, limit };
      }
      query.modelId = found.id;
    }
    return {
      ...(await store.list(query, await registry.scope(caller))),
      limit,
    };
  }

  async function show(caller: Caller, deployment: DeploymentRecord) {
    const { models } = await access.readable(caller, deployment.name);
    const revisionsOf = await shownRevisions([deployment]);
    const requests = await requestsOf(caller, [deployment]);
    return toApiDeployment(
      deployment,
      revisionsOf(deployment),
      await access.actions(caller, models),
      requests.get(deployment.id),
    );
  }

  async function shownRevisions(items: DeploymentRecord[]) {
    const wanted = await store.revisions.current(items);
    const serving = await store.revisions.serving(items);
    return ({ id }: DeploymentRecord): ShownRevisions => ({
      wanted: wanted.get(id),
      serving: serving.get(id),
    });
  }

  /** By deployment those that wait, where the caller may see what they are for. */
  async function requestsOf(caller: Caller, items: DeploymentRecord[]) {
    const waiting = items.filter(one => one.waitingRequest !== undefined);
    const found = await store.requests.waiting(waiting.map(({ id }) => id));
    const shown = new Map<string, ShownRequest>();
    for (const request of await access.readableRequests(caller, [
      ...found.values(),
    ])) {
      const mayDecide = await approvals.mayDecide(caller, request);
      shown.set(request.deploymentId, { ...request, mayDecide });
    }
    return shown;
  }

  /** Who, what and with which outcome, for the audit log. */
  async function audited<T>(
    req: Request,
    action: string,
    work: () => Promise<T>,
  ): Promise<T> {
    // Not from the request: the auditor knows only the portal's own tokens, and refuses ours.
    const actor = toActor(await callerResolver.fromRequest(req));
    const event = await auditor.createEvent({
      eventId: 'deployment-mutate',
      severityLevel: 'medium',
      meta: { actionType: action, deployment: req.params.name, actor },
    });
    try {
      const result = await work();
      await event.success();
      return result;
    } catch (error) {
      await event.fail({
        error: error instanceof Error ? error : new Error(String(error)),
      });
      throw error;
    }
  }

  function send(res: Response, deployment: { etag: string }) {
    res.set('ETag', deployment.etag).json(deployment);
  }

  router.get('/v1/deployments', async (req, res) => {
    const { items, totalItems, limit } = await list(req);
    const revisionsOf = await shownRevisions(items);
    const caller = await callerResolver.fromRequest(req);
    const requests = await requestsOf(caller, items);
    res.json({
      items: items.map(item =>
        toApiDeployment(
          item,
          revisionsOf(item),
          undefined,
          requests.get(item.id),
        ),
      ),
      nextCursor: nextCursor(
        items.map(item => item.name),
        limit,
      ),
      totalItems,
    });
  });

  router.put('/v1/deployments/:name', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { name } = req.params;
    const { spec, reason } = parseApply(name, req.body);
    const precondition = {
      ifMatch: req.headers['if-match'],
      ifNoneMatch: req.headers['if-none-match'],
    };
    if (flag(req, 'dryRun')) {
      res.json(
        await deployments.plan(name, spec, access.actor(caller), precondition),
      );
      return;
    }
    const applied = await audited(req, 'apply', async () =>
      deployments.apply(name, spec, access.actor(caller), {
        reason,
        source: 'api',
        ...precondition,
      }),
    );
    send(res, await show(caller, applied));
  });

  router.get('/v1/deployments/:name', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    send(res, await show(caller, deployment));
  });

  router.delete('/v1/deployments/:name', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    await audited(req, 'delete', async () =>
      deployments.delete(req.params.name, access.actor(caller), {
        reason: text(req, 'reason'),
        source: 'api',
        ifMatch: req.headers['if-match'],
      }),
    );
    res.status(204).end();
  });

  router.get('/v1/deployments/:name/requests', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    const limit = limitOf(req.query.limit);
    const before = parseCursor(req.query.cursor);
    const requests = await store.requests.list(deployment.id, {
      limit,
      before:
        before === undefined ? undefined : wholeNumber(before, MAX_NUMBER),
    });
    res.json({
      items: (await access.readableRequests(caller, requests)).map(
        toApiRequest,
      ),
      nextCursor: nextCursor(
        requests.map(({ number }) => String(number)),
        limit,
      ),
    });
  });

  router.post('/v1/deployments/:name/decisions', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const decision = parseBody(decisionSchema, req.body);
    const decided = await audited(req, decision.decision, async () => {
      const { deployment } = await access.readable(caller, req.params.name);
      return await approvals.decide(caller, deployment, decision);
    });
    send(res, await show(caller, decided));
  });

  router.get('/v1/deployment-declarations', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const limit = limitOf(req.query.limit);
    const page = await declarations.list(caller, {
      limit,
      after: parseCursor(req.query.cursor),
    });
    res.json({
      ...page,
      nextCursor: nextCursor(
        page.items.map(({ entityRef }) => entityRef),
        limit,
      ),
    });
  });

  router.get('/v1/deployments/:name/declaration', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment, models } = await access.readable(
      caller,
      req.params.name,
    );
    // More than the deployment says is in the file, such as comments.
    for (const model of models)
      await access.actor(caller).requireDeploy(model, deployment.environment);
    res.json(await files.read(deployment));
  });

  // Editors read it, and have no token.
  router.get('/v1/model-deployment.schema.json', async (_req, res) => {
    res
      .type('application/schema+json')
      .send(JSON.stringify(deploymentJsonSchema()));
  });

  router.get('/v1/deployments/:name/revisions', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    const limit = limitOf(req.query.limit);
    const before = parseCursor(req.query.cursor);
    const revisions = await store.revisions.list(deployment.id, {
      limit,
      before:
        before === undefined ? undefined : wholeNumber(before, MAX_NUMBER),
    });
    res.json({
      items: (await access.readableRevisions(caller, revisions)).map(
        toApiRevision,
      ),
      nextCursor: nextCursor(
        revisions.map(({ number }) => String(number)),
        limit,
      ),
    });
  });

  router.get('/v1/deployments/:name/history', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    const limit = limitOf(req.query.limit);
    const before = parseCursor(req.query.cursor);
    const entries = await store.history(deployment, {
      limit,
      before: before === undefined ? undefined : String(wholeNumber(before)),
    });
    res.json({
      items: entries,
      nextCursor: nextCursor(
        entries.map(({ id }) => id),
        limit,
      ),
    });
  });

  router.post('/v1/deployments/:name/off', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { off, reason } = parseBody(offSchema, req.body);
    const changed = await audited(req, off ? 'off' : 'on', async () =>
      deployments.setOff(req.params.name, off, access.actor(caller), {
        reason,
        ifMatch: req.headers['if-match'],
      }),
    );
    send(res, await show(caller, changed));
  });

  router.post('/v1/deployments/:name/rollback', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { revision, reason, allowBreaking, allowUnserved } = parseBody(
      rollbackSchema,
      req.body,
    );
    const changed = await audited(req, 'rollback', async () =>
      deployments.rollback(req.params.name, access.actor(caller), {
        revision,
        allowBreaking,
        allowUnserved,
        reason,
        ifMatch: req.headers['if-match'],
      }),
    );
    send(res, await show(caller, changed));
  });

  router.post('/v1/deployments/:name/promote', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { variant, reason } = parseBody(promoteSchema, req.body);
    const changed = await audited(req, 'promote', async () =>
      deployments.promote(req.params.name, access.actor(caller), {
        variant,
        reason,
        ifMatch: req.headers['if-match'],
      }),
    );
    send(res, await show(caller, changed));
  });

  for (const action of ['pause', 'resume', 'abort'] as const) {
    router.post(`/v1/deployments/:name/${action}`, async (req, res) => {
      const caller = await callerResolver.fromRequest(req);
      const { reason } = parseBody(reasonSchema, req.body);
      const changed = await audited(req, action, async () =>
        deployments[action](req.params.name, access.actor(caller), {
          reason,
          ifMatch: req.headers['if-match'],
        }),
      );
      send(res, await show(caller, changed));
    });
  }

  router.delete('/v1/deployments/:name/override', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { kind } = parseBody(liftSchema, { kind: text(req, 'kind') });
    const changed = await audited(req, 'lift', async () =>
      deployments.lift(req.params.name, access.actor(caller), {
        kind,
        reason: text(req, 'reason'),
        ifMatch: req.headers['if-match'],
      }),
    );
    send(res, await show(caller, changed));
  });

  router.get('/v1/deployments/:name/logs', async (req, res) => {
    // Before anything is awaited: who leaves at once would be followed for ever.
    const stopped = new AbortController();
    res.on('close', () => stopped.abort());
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    const query = {
      ...parseLogQuery(name => text(req, name), new Date()),
      signal: stopped.signal,
    };
    if (req.query.follow === 'true') {
      await sendLogEvents(res, await logs.follow(deployment, query));
    } else {
      res.json(await logs.tail(deployment, query));
    }
  });

  router.get('/v1/endpoints', async (req, res) => {
    const { items, totalItems, limit } = await list(req);
    res.json({
      items: await endpoints.of(items),
      nextCursor: nextCursor(
        items.map(item => item.name),
        limit,
      ),
      totalItems,
    });
  });

  router.get('/v1/endpoints/:name', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    const endpoint = await endpoints.withSignature(deployment);
    res.json(endpoint);
  });

  router.get('/v1/endpoints/:name/openapi.json', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment } = await access.readable(caller, req.params.name);
    res.json(await endpoints.openApi(deployment));
  });

  router.get('/v1/endpoints/:name/tokens', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment, models } = await access.readable(
      caller,
      req.params.name,
    );
    await access.requireTokens(caller, models);
    res.json({ items: await tokens.list(deployment) });
  });

  router.post('/v1/endpoints/:name/tokens', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment, models } = await access.readable(
      caller,
      req.params.name,
    );
    const request = parseBody(tokenSchema, req.body);
    const made = await audited(req, 'make-token', async () => {
      await access.requireTokenCreate(caller, models, request);
      return await tokens.create(deployment, {
        ...request,
        createdBy: toActor(caller),
      });
    });
    res.set('Cache-Control', 'no-store').status(201).json(made);
  });

  router.delete('/v1/endpoints/:name/tokens/:id', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const { deployment, models } = await access.readable(
      caller,
      req.params.name,
    );
    await audited(req, 'revoke-token', async () => {
      await access.requireTokens(caller, models);
      await tokens.revoke(deployment, req.params.id, toActor(caller));
    });
    res.status(204).end();
  });

  return router;
}

/** Throws `InputError` where it is given more than once. */
function text(req: Request, name: string): string | undefined {
  const value = req.query[name];
  if (value !== undefined && typeof value !== 'string') {
    throw new InputError(`${name} may be given once`);
  }
  return value === '' ? undefined : value;
}

function flag(req: Request, name: string): boolean {
  const value = text(req, name) ?? 'false';
  if (value !== 'true' && value !== 'false') {
    throw new InputError(`${name} must be true or false`);
  }
  return value === 'true';
}

function wholeNumber(value: string, max = Number.MAX_SAFE_INTEGER): number {
  if (!/^\d{1,16}$/.test(value) || Number(value) > max) {
    throw new InputError(
      'cursor is not one that was given out here; start without it',
    );
  }
  return Number(value);
}
