/**
 * Extension points and interfaces that modules of the model platform implement.
 *
 * @packageDocumentation
 */
export * from './ArtifactStore';
export * from './DeploymentDriver';
export * from './MetricsStore';
export * from './extensions';
