import { InputError } from '@backstage/errors';
import express, { ErrorRequestHandler, RequestHandler, Router } from 'express';
import { PayloadTooLargeError } from './PayloadTooLargeError';

const LIMIT = '1mb';
/** Files come as they are, whatever type they are said to be. */
const RAW =
  /\/blobs\/[^/]+(\/parts\/\d+)?$|\/mlflow-artifacts\/(artifacts|mpu\/parts)\//;

/** Nearest field with NUL in its name or text. Without recursion: bodies may be nested deeper than the stack is. */
function fieldWithNul(body: unknown): string | undefined {
  const left: Array<{ field: string; value: unknown }> = [
    { field: 'body', value: body },
  ];
  for (let next = left.pop(); next; next = left.pop()) {
    const { field, value } = next;
    if (typeof value === 'string') {
      if (value.includes('\0')) return field;
    } else if (Array.isArray(value)) {
      for (const item of value) left.push({ field, value: item });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, item] of Object.entries(value)) {
        if (name.includes('\0')) return `the name of a field of ${field}`;
        left.push({ field: name, value: item });
      }
    }
  }
  return undefined;
}

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
  return Router().use(read).use(refuseNulInside).use(explain);
}
