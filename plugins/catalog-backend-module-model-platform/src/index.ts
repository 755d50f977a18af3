/**
 * Kinds `Model` and `ModelDeployment`, the providers that fill the catalog
 * with models, and the rule that keeps them to those who may read them.
 *
 * @packageDocumentation
 */
export { catalogModuleModelPlatform as default } from './module';
export { isReadableModelRule } from './access/isReadableModelRule';
