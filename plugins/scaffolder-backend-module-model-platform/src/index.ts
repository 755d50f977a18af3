/**
 * Template actions that begin a model project.
 *
 * @packageDocumentation
 */
export { scaffolderModuleModelPlatform as default } from './module';
export { createPinCliAction } from './actions/createPinCliAction';
export { createPublishToGitAction } from './actions/createPublishToGitAction';
