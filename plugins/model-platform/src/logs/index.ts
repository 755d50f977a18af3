export { ModelLogsContent } from './ModelLogsContent';
