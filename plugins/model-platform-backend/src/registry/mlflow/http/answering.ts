import { Request, RequestHandler } from 'express';
import { MlflowCall } from '../MlflowCall';
import { CallOf } from './callOf';
import { Parameters, readParameters, Shape } from './readParameters';

/** Makes a route of the parameters that it takes and of what answers them. */
export type Answering = <S extends Shape>(
  shape: S,
  answer: (
    call: MlflowCall,
    given: Parameters<S>,
    req: Request,
  ) => Promise<object | void>,
) => RequestHandler;

/** Every route of MLflow's API that takes and answers JSON: who calls, with what, and the answer. */
export function answering(callOf: CallOf): Answering {
  return (shape, answer) => async (req, res, next) => {
    try {
      const call = await callOf(req);
      const given = readParameters(req, shape);
      res.json((await answer(call, given, req)) ?? {});
    } catch (error) {
      next(error);
    }
  };
}
