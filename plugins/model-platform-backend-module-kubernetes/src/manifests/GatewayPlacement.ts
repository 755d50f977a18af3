import { ClusterSettings, EnvironmentSettings } from '../KubernetesSettings';
import { LABELS, OURS } from './labels';
import { systemLabel } from './systemMarks';

/** Of all objects of a namespace's gateway. */
export const GATEWAY = 'model-gateway';
/** Of the cluster role that says what its agent may. */
export const GATEWAY_ROLE = 'model-platform-gateway';

/** The gateway of one system in one environment, and all that its objects say. */
export interface GatewayPlacement {
  namespace: string;
  system: string;
  environment: string;
  cluster: ClusterSettings;
  settings: EnvironmentSettings;
  /** Names of the catalogue. */
  collectedMetrics: readonly string[];
  secrets: {
    admin: string;
    /** {@link runnerSecretOf} makes those of its runners of it. */
    runners: string;
    requestId: string;
    metrics: string;
    /** Of what they are all made of. */
    fingerprint: string;
  };
}

export const gatewaySelector = { [LABELS.component]: 'gateway' };

export function gatewayMetadata({
  namespace,
  system,
  environment,
}: GatewayPlacement) {
  return {
    name: GATEWAY,
    namespace,
    labels: {
      ...OURS,
      ...gatewaySelector,
      ...systemLabel(system),
      [LABELS.environment]: environment,
    },
  };
}
