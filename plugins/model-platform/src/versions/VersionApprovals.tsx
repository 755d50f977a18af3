import { Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  modelPlatformApiRef,
  nameOfRef,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';

/** Who vouched for a version, and whose word rules still wait for. */
export function VersionApprovals(props: {
  slug: string;
  version: ModelVersion;
}) {
  const { slug, version } = props;
  const api = useApi(modelPlatformApiRef);
  const approvals = useLoaded(
    `approvals of ${slug} ${version.number}`,
    (requests, signal) =>
      requests.listApprovals(slug, version.number, { signal }),
    { on: ['models'], keep: true },
  );
  return (
    <Section
      title="Approvals"
      actions={
        approvals.data?.mayApprove && (
          <ConfirmDialog
            opens="Approve"
            variant="primary"
            title={`Approve version ${version.number} of ${version.model}?`}
            does={`Approve v${version.number}`}
            onConfirm={async reason => {
              if (!reason)
                throw new Error('Say why: the reason is kept with it');
              await api.approveVersion(slug, version.number, { reason });
              approvals.reload();
            }}
          >
            {() => (
              <Text as="p">
                You vouch for this version. Live traffic stays where it is,
                until somebody moves an alias to it.
              </Text>
            )}
          </ConfirmDialog>
        )
      }
    >
      <LoadState loaded={approvals} what="the approvals">
        {({ items, requirements }) => (
          <Flex direction="column" gap="2">
            {requirements.map(({ alias, by, notByPublisher, met }) => (
              <Text as="p" key={`${alias} ${by.join(' ')}`}>
                {met ? 'Approved for' : 'Not approved yet for'}{' '}
                <strong>{alias}</strong>
                {!met &&
                  `; a member of ${by.map(nameOfRef).join(' or ')} can do it${
                    notByPublisher ? ' who did not publish it' : ''
                  }`}
              </Text>
            ))}
            {requirements.length === 0 && items.length === 0 && (
              <Text as="p">No rule of an alias asks for approvals here.</Text>
            )}
            {items.map(({ id, approver, groups, reason, at }) => (
              <Text as="p" key={id}>
                {nameOfRef(approver)} for {groups.map(nameOfRef).join(', ')},{' '}
                <TimeAgo at={at} />: {reason}
              </Text>
            ))}
          </Flex>
        )}
      </LoadState>
    </Section>
  );
}
