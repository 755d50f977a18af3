/**
 * Driver that runs models as local processes behind the gateway.
 *
 * @packageDocumentation
 */
export { modelPlatformModuleLocal as default } from './module';
export { LocalDriver } from './LocalDriver';
