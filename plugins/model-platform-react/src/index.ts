/**
 * What pages of the model platform share: the API ref, loading of data that
 * stays current, the states a part of a page can be in, figures in words, and
 * charts. Works in both frontend systems.
 *
 * @packageDocumentation
 */
export * from './api';
export * from './charts';
export * from './data';
export * from './format';
export * from './states';
