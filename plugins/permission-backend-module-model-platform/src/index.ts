/**
 * Example permission policy of the model platform.
 *
 * @packageDocumentation
 */
export { permissionModuleModelPlatform as default } from './module';
export { ModelPlatformPolicy } from './ModelPlatformPolicy';
