import { Request } from 'express';
import { ModelsQuery } from './parseModelsQuery';
import { pageOf, textOf, textsOf } from './requests';

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
