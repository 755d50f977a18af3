import { ErrorRequestHandler } from 'express';
import { toDatabaseError } from '../database/toDatabaseError';

/** After all routes: whoever asks while the database is out of reach is told so. */
export const databaseErrors: ErrorRequestHandler = (error, _req, _res, next) =>
  next(toDatabaseError(error));
