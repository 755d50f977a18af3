import { Entity } from '@backstage/catalog-model';
import { DeploymentSpec } from '../types';

/** A deployment as code, as it stands in a repository. @public */
export interface ModelDeploymentEntity extends Entity {
  apiVersion: 'model-platform.io/v1alpha1';
  kind: 'ModelDeployment';
  spec: DeploymentSpec & Entity['spec'];
}

/** Whether an entity of the catalog is a deployment as code. @public */
export function isModelDeploymentEntity(
  entity: Entity,
): entity is ModelDeploymentEntity {
  return (
    entity.kind === 'ModelDeployment' &&
    entity.apiVersion === 'model-platform.io/v1alpha1'
  );
}
