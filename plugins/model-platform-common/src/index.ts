/**
 * Types, schemas, permissions, catalog kinds and the typed client of the model platform.
 *
 * @packageDocumentation
 */
export * from './types';
export * from './permissions';
export * from './events';
export * from './webhookEvents';
export * from './imagePaths';
export * from './refs';
export * from './catalog';
export * from './client';
export { describeShare } from './deployment/describeShare';
export { trafficOf } from './deployment/trafficOf';
export { logDetails } from './deployment/logDetails';
export { manifestProblems } from './deployment/manifestProblems';
export { MAX_CALL_SECONDS } from './deployment/maxCallSeconds';
export { parseStickyBy } from './deployment/parseStickyBy';
export { simplestDeployment } from './deployment/simplestDeployment';
export * from './endpoint';
export * from './pickles';
export * from './publish';
export * from './signature';
export * from './sizes';
export { signatureOf } from './signatureOf';
