import { InputError } from '@backstage/errors';
import express, { ErrorRequestHandler, RequestHandler, Router } from 'express';
import { PayloadTooLargeError } from './PayloadTooLargeError';

const LIMIT = '1mb';
/** Files come as they are, whatever type they are said to be. */
const RAW = /\/blobs\/[^/]+$/;

/** Reads bodies of type JSON, up to 1 MB; says clearly what is wrong with one. */
export function jsonBodies(): Router {
  const parse = express.json({ limit: LIMIT });
  const read: RequestHandler = (req, res, next) => {
    if (RAW.test(req.path)) next();
    else parse(req, res, next);
  };
  const explain: ErrorRequestHandler = (error, _req, _res, next) => {
    switch (error?.type) {
      case 'entity.too.large':
        next(new PayloadTooLargeError('The body is larger than 1 MB'));
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
  return Router().use(read).use(explain);
}
