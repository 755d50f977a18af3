export { createDeploymentDomain } from './createDeploymentDomain';
export type { DeploymentDomain } from './createDeploymentDomain';
export { LeaderLease } from './LeaderLease';
export * from './VariantFigures';
