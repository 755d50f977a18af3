import { InputError, NotFoundError } from '@backstage/errors';
import {
  ModelVersion,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import { Request, Response, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { CallerResolver } from '../access/CallerResolver';
import { AnswerCache } from '../http/AnswerCache';
import { bodyOf } from '../http/bodyOf';
import { parseBody } from '../http/parseBody';
import { sendFile } from '../http/sendFile';
import { archiveRoutes } from './archiveRoutes';
import { blobPartRoutes } from './blobPartRoutes';
import { aliasSchema, modelUpdateSchema } from './bodies';
import { MetadataSchemas } from './metadata/MetadataSchemas';
import { modelsQueryOf } from './modelsQueryOf';
import { Registry } from './Registry';
import { isSet, numberOf, pageOf, textOf } from './requests';

const KEPT_LISTS_BYTES = 8 * 1024 ** 2;
/** Counts of many models are some seconds old, and must not grow older here. */
const KEPT_LISTS_MS = 5_000;

/** The registry over HTTP. */
export function registryRoutes(options: {
  registry: Registry;
  callerResolver: CallerResolver;
  schemas: MetadataSchemas;
}): Router {
  const { registry, callerResolver, schemas } = options;
  const router = PromiseRouter();
  const lists = new AnswerCache({
    maxBytes: KEPT_LISTS_BYTES,
    maxAgeMs: KEPT_LISTS_MS,
  });
  const callerOf = (req: Request) => callerResolver.fromRequest(req);

  router.get('/v1/models', async (req, res) => {
    const caller = await callerOf(req);
    const query = modelsQueryOf(req);
    const { scope, state } = await registry.listState(caller);
    const { body, etag } = await lists.get(
      JSON.stringify([scope, query]),
      state,
      () => registry.listModels(caller, query),
    );
    res.set('etag', etag).type('json').send(body);
  });

  router.get('/v1/models/:name', async (req, res) => {
    const model = await registry.getModel(await callerOf(req), req.params.name);
    res.set('etag', model.etag).json(model);
  });

  router.patch('/v1/models/:name', async (req, res) => {
    const caller = await callerOf(req);
    const { reason, ...change } = parseBody(modelUpdateSchema, req.body);
    const model = await registry.changes.updateModel(
      caller,
      req.params.name,
      change,
      {
        reason,
        ifMatch: req.get('if-match'),
      },
    );
    res.set('etag', model.etag).json(model);
  });

  router.delete('/v1/models/:name', async (req, res) => {
    const caller = await callerOf(req);
    const { name } = req.params;
    const because = {
      reason: textOf(req.query.reason),
      ifMatch: req.get('if-match'),
    };
    if (isSet(req.query.permanently)) {
      await registry.deletion.deleteModel(caller, name, because);
      res.status(204).end();
      return;
    }
    const model = await registry.changes.updateModel(
      caller,
      name,
      { archived: true },
      because,
    );
    res.set('etag', model.etag).json(model);
  });

  router.post('/v1/models/:name/versions', async (req, res) => {
    const caller = await callerOf(req);
    requireSameName(req);
    if (isSet(req.query.dryRun)) {
      res.json({
        problems: await registry.publishing.checkDraft(caller, req.body),
      });
      return;
    }
    const key = req.get('idempotency-key');
    if (key !== undefined && (key === '' || key.length > 255)) {
      throw new InputError('Idempotency-Key must have 1 to 255 characters');
    }
    const draft = await registry.publishing.openDraft(caller, req.body, key);
    res.status(draft.unchanged ? 200 : 201).json(draft);
  });

  router.get('/v1/models/:name/versions', async (req, res) => {
    const caller = await callerOf(req);
    res.json(await registry.listVersions(caller, req.params.name, pageOf(req)));
  });

  router.get('/v1/models/:name/versions/:version', async (req, res) => {
    const caller = await callerOf(req);
    res.json(
      await registry.getVersion(caller, req.params.name, req.params.version),
    );
  });

  router.delete('/v1/models/:name/versions/:version', async (req, res) => {
    const caller = await callerOf(req);
    const { name, version } = req.params;
    const because = { reason: textOf(req.query.reason) };
    if (isSet(req.query.permanently)) {
      await registry.deletion.deleteVersion(
        caller,
        name,
        numberOf(version),
        because,
      );
      res.status(204).end();
      return;
    }
    res.json(
      await registry.changes.archiveVersion(
        caller,
        name,
        numberOf(version),
        because,
      ),
    );
  });

  router.put(
    '/v1/models/:name/versions/:version/blobs/:digest',
    async (req, res) => {
      const caller = await callerOf(req);
      const { name, version, digest } = req.params;
      const length = req.get('content-length');
      await registry.publishing.uploadBlob(
        caller,
        name,
        numberOf(version),
        digest,
        bodyOf(req),
        length === undefined ? undefined : Number(length),
      );
      res.status(201).json({ digest });
    },
  );

  router.use(blobPartRoutes(options));
  router.use(archiveRoutes(options));

  router.post(
    '/v1/models/:name/versions/:version/complete',
    async (req, res) => {
      const caller = await callerOf(req);
      const { name, version } = req.params;
      res.json(
        await registry.publishing.completeVersion(
          caller,
          name,
          numberOf(version),
        ),
      );
    },
  );

  router.get('/v1/models/:name/versions/:version/files', async (req, res) => {
    const caller = await callerOf(req);
    const version = await registry.getVersion(
      caller,
      req.params.name,
      req.params.version,
    );
    res.json({ items: version.files });
  });

  router.get('/v1/models/:name/versions/:version/files/*', async (req, res) => {
    const caller = await callerOf(req);
    const params: Record<string, string> = req.params;
    const version = await registry.getVersion(
      caller,
      params.name,
      params.version,
    );
    await sendVersionFile(registry, version, params[0], req, res);
  });

  router.get(
    '/v1/models/:name/versions/:version/direct/*',
    async (req, res) => {
      const caller = await callerOf(req);
      const params: Record<string, string> = req.params;
      const version = await registry.getVersion(
        caller,
        params.name,
        params.version,
      );
      const file = fileOf(version, params[0]);
      res.set('cache-control', 'no-store').json({
        ...(await registry.directFile(version, file.path)),
        digest: file.digest,
        sizeBytes: file.sizeBytes,
      });
    },
  );

  router.get('/v1/models/:name/aliases', async (req, res) => {
    const caller = await callerOf(req);
    const at = textOf(req.query.at);
    if (at !== undefined) {
      res.json(await registry.history.aliasesAt(caller, req.params.name, at));
      return;
    }
    const { aliases } = await registry.getModel(caller, req.params.name);
    res.json({
      items: Object.entries(aliases).map(([alias, version]) => ({
        alias,
        version,
      })),
    });
  });

  router.get('/v1/models/:name/aliases/:alias', async (req, res) => {
    const caller = await callerOf(req);
    const { name, alias } = req.params;
    const at = textOf(req.query.at);
    if (at !== undefined) {
      res.json(await registry.history.aliasAt(caller, name, alias, at));
      return;
    }
    const found = await registry.changes.getAlias(caller, name, alias);
    res.set('etag', `"${found.version}"`).json(found);
  });

  router.put('/v1/models/:name/aliases/:alias', async (req, res) => {
    const caller = await callerOf(req);
    const { version, reason, expected } = parseBody(aliasSchema, req.body);
    const set = await registry.changes.setAlias(
      caller,
      req.params.name,
      req.params.alias,
      {
        version,
        reason,
        expected:
          expected === undefined
            ? expectedOf(req)
            : { version: expected ?? undefined },
      },
    );
    res.set('etag', `"${set.version}"`).json(set);
  });

  router.delete('/v1/models/:name/aliases/:alias', async (req, res) => {
    const caller = await callerOf(req);
    await registry.changes.deleteAlias(
      caller,
      req.params.name,
      req.params.alias,
      {
        reason: textOf(req.query.reason),
        expected: expectedOf(req),
      },
    );
    res.status(204).end();
  });

  router.get('/v1/metadata-schemas/:type', async (req, res) => {
    await callerOf(req);
    const { type, digest, schema, parts } = schemas.get(
      req.params.type,
      textOf(req.query.system),
    );
    res.json({
      type,
      version: parts[0].version,
      digest,
      schemas: parts.map(({ schema: _, ...part }) => part),
      schema,
    });
  });

  return router;
}

async function sendVersionFile(
  registry: Registry,
  version: ModelVersion,
  path: string,
  req: Request,
  res: Response,
) {
  const file = fileOf(version, path);
  await sendFile(req, res, {
    name: path,
    etag: `"${file.digest}"`,
    sizeBytes: file.sizeBytes,
    open: range => registry.openPieces(version, path, range),
  });
}

/** Of a draft none is given out. */
function fileOf(version: ModelVersion, path: string): VersionFile {
  const file = version.files.find(one => one.path === path);
  if (!file || version.status === 'draft') {
    throw new NotFoundError(
      `Version ${version.number} of ${version.model} has no file ${path}`,
    );
  }
  return file;
}

/** `If-Match: "3"`: it must point to version 3 now; `If-None-Match: *`: it must not be there. */
function expectedOf(req: Request): { version?: number } | undefined {
  if (req.get('if-none-match') === '*') {
    return {};
  }
  const match = req.get('if-match');
  if (match === undefined || match === '*') {
    return undefined;
  }
  const number = /^"?(\d{1,9})"?$/.exec(match)?.[1];
  if (number === undefined) {
    throw new InputError(
      'If-Match of an alias must be the ETag that it was read with, such as "3"',
    );
  }
  return { version: Number(number) };
}

/** The address and the body must speak of one model. */
function requireSameName(req: Request): void {
  const body: unknown = req.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InputError(
      'The body must be a JSON object with model, version and files',
    );
  }
  const model: unknown = Reflect.get(body, 'model');
  const name =
    typeof model === 'object' && model !== null
      ? Reflect.get(model, 'name')
      : undefined;
  if (typeof name === 'string' && name !== req.params.name) {
    throw new InputError(
      `The address names the model ${req.params.name}, but the body ${name}`,
    );
  }
}
