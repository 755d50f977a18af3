export { PublishFolder } from './PublishFolder';
