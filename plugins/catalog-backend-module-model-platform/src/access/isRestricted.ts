import { Entity } from '@backstage/catalog-model';
import { ANNOTATION_ENDPOINT } from '@model-platform/plugin-model-platform-common';

/** Kinds that the registry restricts; lower case, as the catalog's search has them. */
export const RESTRICTED_KINDS = ['model', 'modeldeployment'];

/** Key in the catalog's search of what marks the API of an endpoint. */
export const ENDPOINT_KEY = `metadata.annotations.${ANNOTATION_ENDPOINT}`;

/** Whether an entity tells something of a model, and so is not for everyone. */
export function isRestricted(entity: Entity): boolean {
  return (
    RESTRICTED_KINDS.includes(entity.kind.toLocaleLowerCase('en-US')) ||
    entity.metadata.annotations?.[ANNOTATION_ENDPOINT] !== undefined
  );
}
