/** Header names of the data plane, lower case. */
export const REQUEST_ID_HEADER = 'x-request-id';
/** A caller's own id, echoed. */
export const CORRELATION_ID_HEADER = 'x-correlation-id';
export const MODEL_VERSION_HEADER = 'x-model-version';
export const MODEL_VARIANT_HEADER = 'x-model-variant';
/** Secret that only the gateway knows; never passed on to the caller. */
export const RUNNER_SECRET_HEADER = 'x-model-runner-secret';
