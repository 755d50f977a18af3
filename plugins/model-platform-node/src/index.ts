/**
 * Extension points and interfaces that modules of the model platform implement.
 *
 * @packageDocumentation
 */
export {
  DEFAULT_MAX_BODY_BYTES,
  MAX_EXPRESSION_SIZE,
  sizeOfExpression,
} from '@model-platform/model-wire';
export * from './ArtifactStore';
export * from './blobName';
export * from './DeploymentDriver';
export * from './MetricsStore';
export * from './extensions';
export * from './histogramQuantile';
export * from './WorkloadTokens';
export * from './runners/callTimeoutMs';
export * from './runners/EndpointCodeSettings';
export * from './runners/LanguageModels';
export * from './runners/logWarning';
export * from './runners/readJsonLines';
export * from './runners/readLines';
export * from './runners/replicasOf';
export * from './runners/runnerDocuments';
export * from './runners/toRunnerManifest';
export * from './runners/toTrafficPlan';
