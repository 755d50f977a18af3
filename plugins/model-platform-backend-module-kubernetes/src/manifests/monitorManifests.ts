import { gatewayMonitor } from './gatewayMonitor';
import { GatewayPlacement } from './GatewayPlacement';
import { PodMonitor } from './PodMonitor';
import { runnerMonitors } from './runnerMonitors';

/** What the Prometheus operator is told of a namespace: nothing where nobody collects. */
export function monitorManifests(placement: GatewayPlacement): PodMonitor[] {
  return placement.settings.collector
    ? [gatewayMonitor(placement), ...runnerMonitors(placement)]
    : [];
}
