import { InputError } from '@backstage/errors';
import { Request } from 'express';
import { ModelsQuery } from './parseModelsQuery';

/** What a request asks of the list of models. */
export function modelsQueryOf(req: Request): ModelsQuery {
  return {
    ...pageOf(req),
    q: textOf(req.query.q),
    sort: textOf(req.query.sort),
    filter: textsOf(req.query.filter),
    facets: textsOf(req.query.facets).flatMap(one => one.split(',')),
  };
}

/** Throws `InputError` where the limit is no number. */
export function pageOf(req: Request): { limit?: number; cursor?: string } {
  const limit = textOf(req.query.limit);
  if (limit !== undefined && !/^[1-9]\d{0,2}$/.test(limit)) {
    throw new InputError('limit must be a whole number from 1 to 200');
  }
  return {
    limit: limit === undefined ? undefined : Math.min(Number(limit), 200),
    cursor: textOf(req.query.cursor),
  };
}

/** One text of a query; the last where there are several. */
export function textOf(value: unknown): string | undefined {
  const one = Array.isArray(value) ? value[value.length - 1] : value;
  return typeof one === 'string' && one !== '' ? one : undefined;
}

function textsOf(value: unknown): string[] {
  return [value]
    .flat()
    .filter((one): one is string => typeof one === 'string' && one !== '');
}
