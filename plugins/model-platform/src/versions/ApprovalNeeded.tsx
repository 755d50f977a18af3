import { Alert, Link } from '@backstage/ui';
import {
  nameOfRef,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';

/** Whose approval an alias still asks for, before somebody moves it in vain. */
export function ApprovalNeeded(props: {
  slug: string;
  version: number;
  alias: string;
}) {
  const { slug, version, alias } = props;
  const approvals = useLoaded(
    `approvals of ${slug} ${version}`,
    (api, signal) => api.listApprovals(slug, version, { signal }),
  );
  const missing = (approvals.data?.requirements ?? []).filter(
    one => one.alias === alias && !one.met,
  );
  if (missing.length === 0) return null;
  return (
    <Alert
      status="warning"
      icon
      role="status"
      title={`${alias} asks for an approval that v${version} has not`}
      description={
        <>
          A member of{' '}
          {missing
            .map(({ by }) => by.map(nameOfRef).join(' or '))
            .join(', and of ')}{' '}
          can give it; it waits for them under{' '}
          <Link href="/model-platform/approvals">Approvals</Link>.
        </>
      }
    />
  );
}
