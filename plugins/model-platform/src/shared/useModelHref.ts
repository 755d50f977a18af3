import { useEntityRefLink } from '@backstage/plugin-catalog-react';

/** Paths of a model's entity page, by its slug: `href('iris', 'versions')`. */
export function useModelHref(): (slug: string, tab?: string) => string {
  const entityHref = useEntityRefLink();
  return (slug, tab) => {
    const page = entityHref({
      kind: 'model',
      namespace: 'default',
      name: slug,
    });
    return tab ? `${page}/${tab}` : page;
  };
}
