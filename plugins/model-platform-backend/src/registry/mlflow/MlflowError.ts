import { CustomErrorBase } from '@backstage/errors';

/** MLflow's error codes that are answered here, with their HTTP status. */
export const mlflowStatus = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;

export type MlflowErrorCode = keyof typeof mlflowStatus;

/** An error that MLflow's clients know by its code. */
export class MlflowError extends CustomErrorBase {
  name = 'MlflowError' as const;

  constructor(readonly code: MlflowErrorCode, message: string) {
    super(message);
  }
}

export function invalidParameter(message: string): MlflowError {
  return new MlflowError('INVALID_PARAMETER_VALUE', message);
}

export function doesNotExist(message: string): MlflowError {
  return new MlflowError('RESOURCE_DOES_NOT_EXIST', message);
}

export function modelNotFound(name: string): MlflowError {
  return doesNotExist(`Registered Model with name=${name} not found`);
}

export function versionNotFound(name: string, version: number): MlflowError {
  return doesNotExist(
    `Model Version (name=${name}, version=${version}) not found`,
  );
}
