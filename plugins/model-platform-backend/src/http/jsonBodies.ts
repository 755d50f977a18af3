import { InputError } from '@backstage/errors';
import express, { ErrorRequestHandler, RequestHandler, Router } from 'express';
import { fieldWithNul } from './fieldWithNul';
import { PayloadTooLargeError } from './PayloadTooLargeError';

const LIMIT = { name: '1 MB', bytes: 1024 * 1024 };
/** Of a draft, which names up to 10,000 files. */
const DRAFT_LIMIT = { name: '4 MB', bytes: 4 * LIMIT.bytes };
const DRAFT = /^\/v1\/models\/[^/]+\/versions$/;
/** Files come as they are, whatever type they are said to be. */
const RAW =
  /\/blobs\/[^/]+(\/parts\/\d+)?$|\/mlflow-artifacts\/(artifacts|mpu\/parts)\//;

const refuseNulInside: RequestHandler = (req, _res, next) => {
  const field = fieldWithNul(req.body);
  next(
    field === undefined
      ? undefined
      : new InputError(
          `The body has the character NUL (\\u0000) in ${field}; leave it out: no text here may have it`,
        ),
  );
};

const limitFor = (path: string) => (DRAFT.test(path) ? DRAFT_LIMIT : LIMIT);

/** Reads bodies of type JSON, up to 1 MB, or 4 MB of a draft; says clearly what is wrong with one. */
export function jsonBodies(): Router {
  const parse = new Map(
    [LIMIT, DRAFT_LIMIT].map(limit => [
      limit,
      express.json({ limit: limit.bytes }),
    ]),
  );
  const read: RequestHandler = (req, res, next) => {
    if (RAW.test(req.path)) next();
    else parse.get(limitFor(req.path))?.(req, res, next);
  };
  const explain: ErrorRequestHandler = (error, req, _res, next) => {
    switch (error?.type) {
      case 'entity.too.large':
        next(
          new PayloadTooLargeError(
            `The body is larger than ${limitFor(req.path).name}`,
          ),
        );
        break;
      case 'entity.parse.failed':
        next(new InputError(`The body is not valid JSON: ${error.message}`));
        break;
      case 'encoding.unsupported':
      case 'charset.unsupported':
      case 'request.size.invalid':
      case 'request.aborted':
        next(new InputError(`The body cannot be read: ${error.message}`));
        break;
      default:
        next(error);
    }
  };
  return Router().use(read).use(refuseNulInside).use(explain);
}
