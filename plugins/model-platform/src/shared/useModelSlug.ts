import { useEntity } from '@backstage/plugin-catalog-react';

/** Slug of the model whose entity page this is. */
export function useModelSlug(): string {
  return useEntity().entity.metadata.name;
}
