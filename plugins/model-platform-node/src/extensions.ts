import { createExtensionPoint } from '@backstage/backend-plugin-api';
import { ArtifactStore } from './ArtifactStore';
import { DeploymentDriver } from './DeploymentDriver';
import { MetricsStore } from './MetricsStore';

/** @public */
export interface DeploymentDriversExtensionPoint {
  addDriver(driver: DeploymentDriver): void;
}

/** Where modules add engines that run models. @public */
export const deploymentDriversExtensionPoint =
  createExtensionPoint<DeploymentDriversExtensionPoint>({
    id: 'model-platform.deployment-drivers',
  });

/** @public */
export interface StoresExtensionPoint {
  /** Replaces the store that the configuration names. */
  setArtifactStore(store: ArtifactStore): void;
  /** Replaces the embedded collector and its store. */
  setMetricsStore(store: MetricsStore): void;
}

/** Where modules replace the embedded stores. @public */
export const storesExtensionPoint = createExtensionPoint<StoresExtensionPoint>({
  id: 'model-platform.stores',
});
