export { createDeploymentDomain } from './createDeploymentDomain';
export type { CanaryFigures, RevisionFigure } from './canary/CanaryFigures';
export type { DeploymentDomain } from './createDeploymentDomain';
export { LeaderLease } from './lease/LeaderLease';
