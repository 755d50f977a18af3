import { useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { catalogApiRef } from '@backstage/plugin-catalog-react';

const MOST = 200;

/**
 * Components of the catalog to choose from. It only saves typing, so that
 * without a catalog one types.
 */
export function useApplications(): Array<{ id: string; label: string }> {
  const catalog = useApi(catalogApiRef);
  const [found, setFound] = useState<Array<{ id: string; label: string }>>([]);
  useEffect(() => {
    let isGone = false;
    catalog
      .queryEntities({
        filter: { kind: 'component' },
        fields: ['kind', 'metadata.name', 'metadata.namespace'],
        limit: MOST,
      })
      .then(
        ({ items }) => {
          if (isGone) return;
          const refs = items.map(entity => stringifyEntityRef(entity)).sort();
          setFound(refs.map(ref => ({ id: ref, label: ref })));
        },
        () => undefined,
      );
    return () => {
      isGone = true;
    };
  }, [catalog]);
  return found;
}
