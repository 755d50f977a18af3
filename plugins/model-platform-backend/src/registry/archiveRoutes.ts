import { pipeline } from 'node:stream/promises';
import { NotFoundError } from '@backstage/errors';
import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { CallerResolver } from '../access/CallerResolver';
import { contentDisposition } from '../http/contentDisposition';
import { packVersion } from './packVersion';
import { Registry } from './Registry';

/** A whole version as one stream. */
export function archiveRoutes(options: {
  registry: Registry;
  callerResolver: CallerResolver;
}): Router {
  const { registry, callerResolver } = options;
  const router = PromiseRouter();

  router.get('/v1/models/:name/versions/:version/archive', async (req, res) => {
    const caller = await callerResolver.fromRequest(req);
    const version = await registry.getVersion(
      caller,
      req.params.name,
      req.params.version,
    );
    if (version.status === 'draft') {
      throw new NotFoundError(
        `Version ${version.number} of ${version.model} is a draft yet`,
      );
    }
    const etag = `"${version.id}"`;
    const headers = {
      'content-type': 'application/x-tar',
      'content-disposition': contentDisposition(
        `${version.model}-${version.number}.tar`,
      ),
      'cache-control': 'private, no-cache, no-transform',
      etag,
    };
    if (req.get('if-none-match') === etag) {
      res.status(304).set(headers).end();
      return;
    }
    if (req.method === 'HEAD') {
      res.set(headers).end();
      return;
    }
    const archive = await packVersion(version, file =>
      registry.openFile(version, file.path),
    );
    res.set(headers);
    try {
      await pipeline(archive, res);
    } catch {
      // Cut in the middle, by either side: without its end it is no archive.
      res.destroy();
    }
  });

  return router;
}
