import { Link } from '@backstage/ui';
import {
  useEntityPresentation,
  useEntityRefLink,
} from '@backstage/plugin-catalog-react';

/** Leads to an entity under the name the catalog gives it. */
export function RefLink(props: { entityRef: string; defaultKind?: string }) {
  const { entityRef, defaultKind = 'group' } = props;
  const href = useEntityRefLink();
  const { primaryTitle } = useEntityPresentation(entityRef, { defaultKind });
  const full = entityRef.includes(':')
    ? entityRef
    : `${defaultKind}:${entityRef}`;
  return <Link href={href(full)}>{primaryTitle}</Link>;
}
