import { Entity } from '@backstage/catalog-model';
import { ANNOTATION_ENDPOINT } from '@model-platform/plugin-model-platform-common';

/** Whether an entity is the API of one of the platform's endpoints. */
export function isEndpointEntity(entity: Entity): boolean {
  return (
    entity.kind === 'API' &&
    Boolean(entity.metadata.annotations?.[ANNOTATION_ENDPOINT])
  );
}
