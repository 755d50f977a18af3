/**
 * Pages of the model platform for the developer portal.
 *
 * @packageDocumentation
 */
export { modelPlatformPlugin as default } from './plugin';
