import { useEffect, useState } from 'react';
import { identityApiRef, useApi } from '@backstage/frontend-plugin-api';

/** Entity refs of the groups that the person signed in belongs to; `undefined` until known. */
export function useOwnGroups(): string[] | undefined {
  const identity = useApi(identityApiRef);
  const [groups, setGroups] = useState<string[]>();
  useEffect(() => {
    let isWanted = true;
    const read = async () => {
      const { ownershipEntityRefs } = await identity.getBackstageIdentity();
      if (isWanted) {
        setGroups(ownershipEntityRefs.filter(ref => ref.startsWith('group:')));
      }
    };
    read().catch(() => setGroups([]));
    return () => {
      isWanted = false;
    };
  }, [identity]);
  return groups;
}
