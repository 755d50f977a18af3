export { EndpointUseCard } from './EndpointUseCard';
export { ModelUseContent } from './ModelUseContent';
