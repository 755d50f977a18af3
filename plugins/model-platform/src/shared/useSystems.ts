import { useEffect, useState } from 'react';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { useApi } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { toSystemName } from '@model-platform/plugin-model-platform-common';

/** Names of the systems that the catalog knows; none while it cannot be asked. */
export function useSystems(): string[] {
  const catalog = useApi(catalogApiRef);
  const [systems, setSystems] = useState<string[]>([]);
  useEffect(() => {
    let isWanted = true;
    const read = async () => {
      const { items } = await catalog.queryEntities({
        filter: { kind: 'system' },
        fields: ['kind', 'metadata.name', 'metadata.namespace'],
        limit: 200,
      });
      if (isWanted) {
        setSystems(
          items.map(entity => toSystemName(stringifyEntityRef(entity))).sort(),
        );
      }
    };
    read().catch(() => undefined);
    return () => {
      isWanted = false;
    };
  }, [catalog]);
  return systems;
}
