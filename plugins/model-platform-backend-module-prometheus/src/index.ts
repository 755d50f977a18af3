/**
 * Metrics store that reads what a Prometheus has collected of gateways and runners.
 *
 * @packageDocumentation
 */
export { PrometheusMetricsStore } from './PrometheusMetricsStore';
export { modelPlatformModulePrometheus as default } from './module';
