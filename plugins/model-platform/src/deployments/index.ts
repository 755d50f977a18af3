export { DeploymentsPage } from './DeploymentsPage';
export { ModelDeploymentsContent } from './ModelDeploymentsContent';
