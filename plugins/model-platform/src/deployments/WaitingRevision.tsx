import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Text } from '@backstage/ui';
import {
  Deployment,
  RevisionRequest,
} from '@model-platform/plugin-model-platform-common';
import {
  modelPlatformApiRef,
  nameOfRef,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';

/** What the next revision waits for, and, for who may, its approval; that a declaration is gone. */
export function WaitingRevision(props: {
  deployment: Deployment;
  onChanged: () => void;
}) {
  const { deployment, onChanged } = props;
  const { name, conditions, request } = deployment;
  const api = useApi(modelPlatformApiRef);
  const decide =
    (decision: 'approved' | 'refused', number: number) =>
    async (reason: string | undefined) => {
      await api.decideRevision(name, {
        decision,
        reason: reason ?? '',
        request: number,
      });
      onChanged();
    };
  const content = () => (
    <Text as="p">{request && wouldServe(request)}. A reason is needed.</Text>
  );
  return (
    <>
      {request && (
        <Alert
          status="info"
          icon
          title={`The next revision ${reasonsOf(request)}`}
          description={
            <Text>
              {wouldServe(request)}. Asked for{' '}
              <TimeAgo at={request.createdAt} /> by {nameOfRef(request.actor)}:{' '}
              {request.reason}
            </Text>
          }
        />
      )}
      {conditions
        .filter(({ type }) => type === 'Orphaned')
        .map(({ type, message }) => (
          <Alert key={type} status="info" icon title={message} />
        ))}
      {request?.mayDecide && (
        // Who has a dialog open must not decide on what came after it.
        <Flex key={request.number} gap="2" align="center">
          <ConfirmDialog
            opens="Approve"
            variant="primary"
            title={`Approve the next revision of ${name}?`}
            does="Approve it"
            onConfirm={decide('approved', request.number)}
          >
            {content}
          </ConfirmDialog>
          <ConfirmDialog
            opens="Refuse"
            title={`Refuse the next revision of ${name}?`}
            does="Refuse it"
            isDestructive
            onConfirm={decide('refused', request.number)}
          >
            {content}
          </ConfirmDialog>
        </Flex>
      )}
    </>
  );
}

/** What holds it up; what is nothing by now is looked at again soon. */
function reasonsOf({ problems, gates }: RevisionRequest): string {
  const reasons = [
    ...problems,
    ...gates.filter(({ holds }) => !holds).map(({ message }) => message),
  ];
  return reasons.length > 0 ? reasons.join('; ') : 'is about to be made';
}

function wouldServe({ variants }: RevisionRequest): string {
  return variants
    .map(({ name, version, weight }) =>
      weight === 100
        ? `${name} would serve version ${version}`
        : `${name} would serve version ${version} to ${weight} % of the calls`,
    )
    .join('; ');
}
