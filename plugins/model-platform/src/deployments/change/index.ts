export { ChangeButton } from './ChangeButton';
export { DeployButton } from './DeployButton';
export { NewDeploymentButton } from './NewDeploymentButton';
