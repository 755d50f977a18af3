import { InputError } from '@backstage/errors';
import { Request, Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { CallerResolver } from '../access/CallerResolver';
import { bodyOf } from '../http/bodyOf';
import { parseContentDigest } from './parseContentDigest';
import { Registry } from './Registry';
import { numberOf } from './requests';

/**
 * Large files of a draft, part by part: ask which parts are missing, send
 * them in any order and side by side, each with its digest, then have them put
 * together. Cut off anywhere, the same three steps go on.
 */
export function blobPartRoutes(options: {
  registry: Registry;
  callerResolver: CallerResolver;
}): Router {
  const { callerResolver } = options;
  const { parts } = options.registry.publishing;
  const router = PromiseRouter();
  const blob = '/v1/models/:name/versions/:version/blobs/:digest';
  const callerOf = (req: Request) => callerResolver.fromRequest(req);

  router.get(`${blob}/parts`, async (req, res) => {
    const caller = await callerOf(req);
    const { name, version, digest } = req.params;
    res.json(await parts.status(caller, name, numberOf(version), digest));
  });

  router.put(`${blob}/parts/:part`, async (req, res) => {
    const caller = await callerOf(req);
    const { name, version, digest, part } = req.params;
    const length = req.get('content-length');
    await parts.upload(
      caller,
      name,
      numberOf(version),
      digest,
      {
        number: partOf(part),
        digest: parseContentDigest(req.get('content-digest')),
        sizeBytes: length === undefined ? undefined : Number(length),
      },
      bodyOf(req),
    );
    res.status(201).json({ part: Number(part) });
  });

  router.post(`${blob}/parts/:part/direct`, async (req, res) => {
    const caller = await callerOf(req);
    const { name, version, digest, part } = req.params;
    res.json(
      await parts.directly(caller, name, numberOf(version), digest, {
        number: partOf(part),
        digest: parseContentDigest(req.get('content-digest')),
      }),
    );
  });

  router.post(`${blob}/assemble`, async (req, res) => {
    const caller = await callerOf(req);
    const { name, version, digest } = req.params;
    await parts.assemble(caller, name, numberOf(version), digest);
    res.status(201).json({ digest });
  });

  return router;
}

function partOf(text: string): number {
  if (!/^\d{1,5}$/.test(text)) {
    throw new InputError(`'${text}' is not the number of a part`);
  }
  return Number(text);
}
