import { useEntity } from '@backstage/plugin-catalog-react';
import { ANNOTATION_ENDPOINT } from '@model-platform/plugin-model-platform-common';
import { EndpointUse } from './EndpointUse';

/** How to call the endpoint that an `API` entity describes. */
export function EndpointUseCard() {
  const { entity } = useEntity();
  const name = entity.metadata.annotations?.[ANNOTATION_ENDPOINT];
  return name ? <EndpointUse name={name} /> : null;
}
