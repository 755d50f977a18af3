import { Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from './ConfirmDialog';

/** Approves or refuses a version, with a reason. */
export function DecisionButtons(props: {
  slug: string;
  name: string;
  version: number;
  mayApprove: boolean;
  mayRefuse: boolean;
  onDecided: () => void;
}) {
  const { slug, name, version, mayApprove, mayRefuse, onDecided } = props;
  const api = useApi(modelPlatformApiRef);
  const decide =
    (decision: 'approved' | 'refused') =>
    async (reason: string | undefined) => {
      if (!reason) throw new Error('Say why: the reason is kept with it');
      await api.approveVersion(slug, version, { reason, decision });
      onDecided();
    };
  return (
    <Flex gap="2">
      {mayApprove && (
        <ConfirmDialog
          opens="Approve"
          variant="primary"
          title={`Approve version ${version} of ${name}?`}
          does={`Approve v${version}`}
          onConfirm={decide('approved')}
        >
          {() => (
            <Text as="p">
              You vouch for this version. Live traffic stays where it is, until
              somebody moves an alias to it.
            </Text>
          )}
        </ConfirmDialog>
      )}
      {mayRefuse && (
        <ConfirmDialog
          opens="Refuse"
          title={`Refuse version ${version} of ${name}?`}
          does={`Refuse v${version}`}
          isDestructive
          onConfirm={decide('refused')}
        >
          {() => (
            <Text as="p">
              Your group’s word is final for this version: what mends it is
              published as a new one. Live traffic stays where it is.
            </Text>
          )}
        </ConfirmDialog>
      )}
    </Flex>
  );
}
