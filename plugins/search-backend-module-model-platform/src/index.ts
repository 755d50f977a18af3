/**
 * Search collator for models.
 *
 * @packageDocumentation
 */
export { searchModuleModelPlatform as default } from './module';
export { ModelCollatorFactory } from './ModelCollatorFactory';
export type { ModelDocument } from './ModelDocument';
