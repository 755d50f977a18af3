export * from './ModelPlatformClient';
export type {
  ModelPlatformClientOptions,
  PageQuery,
  RequestOptions,
} from './PlatformCalls';
export type {
  HistoryQuery,
  ListModelsQuery,
  ModelsPage,
  ModelUpdate,
} from './ModelCalls';
export type { AliasTarget } from './AliasCalls';
export type { DeploymentPrecondition, LogsQuery } from './DeploymentCalls';
