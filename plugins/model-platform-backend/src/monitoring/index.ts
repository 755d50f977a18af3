export { createMonitoringDomain } from './createMonitoringDomain';
