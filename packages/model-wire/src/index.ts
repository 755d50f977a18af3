/**
 * What gateway, host, runners and drivers say to each other. No I/O.
 *
 * @packageDocumentation
 */
export * from './RunnerManifest';
export * from './runnerEnvironment';
export * from './headers';
export * from './TrafficPlan';
export * from './HostApi';
export * from './GatewayApi';
export * from './errors';
export * from './LanguageModel';
export * from './EndpointPlan';
export * from './EndpointSettings';
export * from './FetchOrder';
export * from './isOvertaken';
export * from './libraryVariables';
export * from './nodeRunnerArguments';
export * from './runnerSecretOf';
export * from './scoringErrorCode';
export * from './sizeOfExpression';
export * from './stateBinding';
