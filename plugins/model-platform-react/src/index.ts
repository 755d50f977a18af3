/**
 * API ref, hooks, formats and components of the model platform that mount in
 * either frontend system.
 *
 * @packageDocumentation
 */
export * from './api';
export * from './components';
export * from './format';
export * from './hooks';
