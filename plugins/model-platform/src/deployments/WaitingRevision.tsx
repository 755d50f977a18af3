import { useApi } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Text } from '@backstage/ui';
import { Deployment } from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
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
    <Text as="p">
      {request?.variants
        .map(({ name: variant, version, weight }) =>
          weight === 100
            ? `${variant} would serve version ${version}`
            : `${variant} would serve version ${version} to ${weight} % of the calls`,
        )
        .join('; ')}
      . A reason is needed.
    </Text>
  );
  return (
    <>
      {conditions
        .filter(({ type }) => type === 'Waiting' || type === 'Orphaned')
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
