import { useEffect, useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  ANNOTATION_EDIT_URL,
  ANNOTATION_LOCATION,
} from '@backstage/catalog-model';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { webAddressOf } from '../webAddressOf';

/**
 * Where a declaration is changed: its Git host's editor, as the catalog knows
 * it, else the file's own address. Nothing where a browser cannot open it.
 */
export function useEditAddress(location: string): string | undefined {
  const catalog = useApi(catalogApiRef);
  const address = webAddressOf(location);
  const [found, setFound] = useState<{ location: string; address?: string }>();
  useEffect(() => {
    if (!address) return undefined;
    let isGone = false;
    catalog
      .getEntities({
        filter: {
          kind: 'ModelDeployment',
          [`metadata.annotations.${ANNOTATION_LOCATION}`]: location,
        },
        fields: ['metadata.annotations'],
        limit: 1,
      })
      .then(
        ({ items }) => {
          if (isGone) return;
          setFound({
            location,
            address: items[0]?.metadata.annotations?.[ANNOTATION_EDIT_URL],
          });
        },
        () => undefined,
      );
    return () => {
      isGone = true;
    };
  }, [address, catalog, location]);
  const editor = found?.location === location ? found.address : undefined;
  // The file may say it itself: it leads to nowhere but where the file lies.
  const isTrusted =
    editor &&
    address &&
    webAddressOf(editor) &&
    hostOf(editor) === hostOf(address);
  return isTrusted ? editor : address;
}

function hostOf(address: string): string | undefined {
  try {
    return new URL(address).host;
  } catch {
    return undefined;
  }
}
