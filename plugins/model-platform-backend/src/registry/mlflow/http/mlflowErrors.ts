import { LoggerService } from '@backstage/backend-plugin-api';
import { isError, ResponseError } from '@backstage/errors';
import { ErrorRequestHandler } from 'express';
import { toDatabaseError } from '../../../database/toDatabaseError';
import { MlflowErrorCode, mlflowStatus } from '../MlflowError';

/** What the platform's own errors are for MLflow. */
const codes: Record<string, MlflowErrorCode> = {
  InputError: 'INVALID_PARAMETER_VALUE',
  PayloadTooLargeError: 'INVALID_PARAMETER_VALUE',
  AuthenticationError: 'UNAUTHENTICATED',
  NotAllowedError: 'PERMISSION_DENIED',
  NotFoundError: 'RESOURCE_DOES_NOT_EXIST',
  ConflictError: 'RESOURCE_CONFLICT',
  ServiceUnavailableError: 'TEMPORARILY_UNAVAILABLE',
};

/** MLflow says these again, in terms that its newer clients sort errors by. */
const classes: Partial<Record<MlflowErrorCode, string>> = {
  INVALID_PARAMETER_VALUE: 'INVALID_PARAMETER_VALUE',
  RESOURCE_ALREADY_EXISTS: 'RESOURCE_ALREADY_EXISTS',
  RESOURCE_DOES_NOT_EXIST: 'RESOURCE_NOT_FOUND',
};

/** The one place where errors get the shape that MLflow's clients read. */
export function mlflowErrors(logger: LoggerService): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    if (res.headersSent) {
      next(thrown);
      return;
    }
    const error = toDatabaseError(thrown);
    const code = codeOf(error);
    if (code === 'INTERNAL_ERROR') {
      logger.error(`MLflow's ${req.method} ${req.path} failed`, thrown);
    }
    const known = isError(error) && code !== 'INTERNAL_ERROR';
    res.status(mlflowStatus[code]).json({
      error_code: code,
      message: known
        ? error.message
        : 'The platform failed at this; its log says why',
      sqlstate: code === 'INTERNAL_ERROR' ? 'XXM00' : 'KAM00',
      error_class: classes[code],
    });
  };
}

function codeOf(error: unknown): MlflowErrorCode {
  if (!isError(error) || error instanceof ResponseError) {
    return 'INTERNAL_ERROR';
  }
  const code = error.name === 'MlflowError' ? error.code : codes[error.name];
  if (typeof code === 'string' && isCode(code)) return code;
  return isRefusal(error) ? 'INVALID_PARAMETER_VALUE' : 'INTERNAL_ERROR';
}

/** What Express refused before any route had it, such as an address that says nothing. */
function isRefusal(error: object): boolean {
  const status = 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500;
}

function isCode(text: string): text is MlflowErrorCode {
  return Object.hasOwn(mlflowStatus, text);
}
