import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  ApiEntity,
} from '@backstage/catalog-model';
import {
  ANNOTATION_ENDPOINT,
  ANNOTATION_ENDPOINT_URL,
  ANNOTATION_MODEL_ID,
  Endpoint,
  Model,
  toSystemRef,
} from '@model-platform/plugin-model-platform-common';
import { MODELS_LOCATION } from './toModelEntity';
import { toTags } from './toTags';

/**
 * The ordinary API that an endpoint is, so that application developers find it
 * where they look for APIs. It may be seen by whom the model may be seen.
 */
export function toEndpointApiEntity(
  endpoint: Endpoint,
  model: Model,
  openApi: Record<string, unknown>,
): ApiEntity {
  return {
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'API',
    metadata: {
      name: endpoint.name,
      description:
        `Endpoint of the model ${model.name}. ${model.description}`.trim(),
      tags: toTags(model.tags),
      annotations: {
        [ANNOTATION_LOCATION]: MODELS_LOCATION,
        [ANNOTATION_ORIGIN_LOCATION]: MODELS_LOCATION,
        [ANNOTATION_ENDPOINT]: endpoint.name,
        ...(endpoint.url && { [ANNOTATION_ENDPOINT_URL]: endpoint.url }),
        [ANNOTATION_MODEL_ID]: model.id,
      },
      links: endpoint.url
        ? [{ url: `${endpoint.url}/docs`, title: 'Try it', icon: 'docs' }]
        : [],
    },
    spec: {
      type: 'openapi',
      lifecycle: model.lifecycle,
      owner: model.owner,
      system: toSystemRef(model.system),
      visibility: model.visibility,
      ...(model.sharedWith.length > 0 && {
        sharedWith: [...model.sharedWith].sort(),
      }),
      definition: JSON.stringify(openApi, undefined, 2),
    } as ApiEntity['spec'],
  };
}
