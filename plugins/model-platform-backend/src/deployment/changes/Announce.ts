import { DeploymentEvent } from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord } from '../store/DeploymentRecord';

/** Told after each change: wakes the reconciler, tells pages and other domains. */
export type Announce = (
  deployment: DeploymentRecord,
  action: DeploymentEvent['action'],
) => void;
