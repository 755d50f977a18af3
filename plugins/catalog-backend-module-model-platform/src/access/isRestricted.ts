import { Entity } from '@backstage/catalog-model';
import {
  ANNOTATION_ENDPOINT,
  ANNOTATION_REPOSITORY,
} from '@model-platform/plugin-model-platform-common';

/** Kinds that the registry restricts; lower case, as the catalog's search has them. */
export const RESTRICTED_KINDS = ['model', 'modeldeployment'];

/** What marks the API of an endpoint, and what a model's project declares. */
const RESTRICTING_ANNOTATIONS = [ANNOTATION_ENDPOINT, ANNOTATION_REPOSITORY];

/** Keys of these annotations in the catalog's search. */
export const RESTRICTING_KEYS = RESTRICTING_ANNOTATIONS.map(
  name => `metadata.annotations.${name}`,
);

/** Whether an entity tells something of a model, and so is not for everyone. */
export function isRestricted(entity: Entity): boolean {
  return (
    RESTRICTED_KINDS.includes(entity.kind.toLocaleLowerCase('en-US')) ||
    RESTRICTING_ANNOTATIONS.some(
      name => entity.metadata.annotations?.[name] !== undefined,
    )
  );
}
