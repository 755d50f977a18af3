export { useLoaded } from './useLoaded';
export type { Loaded, LoadOptions } from './useLoaded';
export { useChanges } from './useChanges';
export type { Changed } from './useChanges';
export { useDebounced } from './useDebounced';
export { useAction } from './useAction';
export type { Action } from './useAction';
export { useModel } from './useModel';
