/**
 * Fetches and verifies the files of a version before a pod runs it.
 *
 * @packageDocumentation
 */
export { fetchModel } from './fetchModel';
