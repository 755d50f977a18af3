export { DeploymentsPage } from './DeploymentsPage';
export { ModelDeploymentCard } from './ModelDeploymentCard';
export { ModelDeploymentsContent } from './ModelDeploymentsContent';
