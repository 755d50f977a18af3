import { Flex, Link, Text } from '@backstage/ui';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  nameOfRef,
  Section,
  TimeAgo,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { DecisionButtons } from '../shared/DecisionButtons';

/** Who vouched for a version, and whose word rules still wait for. */
export function VersionApprovals(props: {
  slug: string;
  version: ModelVersion;
}) {
  const { slug, version } = props;
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
        approvals.data && (
          <DecisionButtons
            slug={slug}
            name={version.model}
            version={version.number}
            mayApprove={approvals.data.mayApprove}
            mayRefuse={approvals.data.mayRefuse}
            onDecided={approvals.reload}
          />
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
                  }`}{' '}
                {!met && (
                  <>
                    (it waits for them under{' '}
                    <Link href="/model-platform/approvals">Approvals</Link>)
                  </>
                )}
              </Text>
            ))}
            {requirements.length === 0 && items.length === 0 && (
              <Text as="p">No rule of an alias asks for approvals here.</Text>
            )}
            {items.map(({ id, approver, groups, reason, at, decision }) => (
              <Text as="p" key={id}>
                {decision === 'refused' ? 'Refused' : 'Approved'} by{' '}
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
