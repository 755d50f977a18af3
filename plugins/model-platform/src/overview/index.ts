export { ModelPurposeCard } from './ModelPurposeCard';
export { ModelServiceCard } from './ModelServiceCard';
