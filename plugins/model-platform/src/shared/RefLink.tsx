import { Link } from '@backstage/ui';
import {
  useEntityPresentation,
  useEntityRefLink,
} from '@backstage/plugin-catalog-react';
import { toEntityRef } from '@model-platform/plugin-model-platform-common';

/** Leads to an entity under the name the catalog gives it. */
export function RefLink(props: { entityRef: string; defaultKind?: string }) {
  const { entityRef, defaultKind = 'group' } = props;
  const href = useEntityRefLink();
  const full = toEntityRef(entityRef, defaultKind);
  const { primaryTitle } = useEntityPresentation(full);
  return <Link href={href(full)}>{primaryTitle}</Link>;
}
