export { ModelMetricsContent } from './ModelMetricsContent';
