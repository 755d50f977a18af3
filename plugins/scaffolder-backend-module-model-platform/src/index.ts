/**
 * Template actions that begin a model project.
 *
 * @packageDocumentation
 */
export { scaffolderModuleModelPlatform as default } from './module';
export { createPinCliAction } from './actions/createPinCliAction';
export { createProjectSettingsAction } from './actions/createProjectSettingsAction';
export { createPublishToGitAction } from './actions/createPublishToGitAction';
export { createRepositories } from './repositories/createRepositories';
export type {
  MadeRepository,
  NewRepository,
  Repositories,
  RepositoryAddress,
  TaskContext,
} from './repositories/Repositories';
