import { DeploymentPhase } from '@model-platform/plugin-model-platform-common';

/** Problems first, then what is on its way, what serves, what is off. */
export const PHASE_ORDER: DeploymentPhase[] = [
  'Failed',
  'Degraded',
  'Pending',
  'Starting',
  'Canary',
  'Ready',
  'Off',
];
