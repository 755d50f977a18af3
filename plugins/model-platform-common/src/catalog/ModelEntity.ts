import { Entity } from '@backstage/catalog-model';
import { ModelLifecycle, ModelType, ModelVisibility } from '../types';

/**
 * A model in the catalog. Versions, live state and metrics are not in here:
 * they change too often for an entity. @public
 */
export interface ModelEntity extends Entity {
  apiVersion: 'model-platform.io/v1alpha1';
  kind: 'Model';
  spec: {
    type: ModelType;
    lifecycle: ModelLifecycle;
    /** Entity ref of a group. */
    owner: string;
    /** Entity ref of the system. */
    system: string;
    visibility: ModelVisibility;
    /** Entity refs of systems and groups that may read it too. */
    sharedWith?: string[];
    /** DNS label, also the entity's name. */
    slug?: string;
    /** Number of the version whose facts these are: the champion, else the newest. */
    version?: number;
    purpose?: string;
    audience?: string;
    method?: string;
    data?: { sources?: string[]; personalData?: string; period?: string };
    theme?: string;
    risk?: string;
    /** Refs of the `API` entities of its endpoints. */
    providesApis?: string[];
  };
}

/** Whether an entity of the catalog is a model. @public */
export function isModelEntity(entity: Entity): entity is ModelEntity {
  return (
    entity.kind === 'Model' &&
    entity.apiVersion === 'model-platform.io/v1alpha1'
  );
}
