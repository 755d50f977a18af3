/**
 * Node runtime for models; a program (`model-runner-node`), not a library.
 *
 * @packageDocumentation
 */
export { runRunner } from './runner';
