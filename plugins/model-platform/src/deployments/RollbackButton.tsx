import { useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { Checkbox, Flex, Text } from '@backstage/ui';
import {
  Deployment,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { modelPlatformApiRef } from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { revisionContent } from './revisionContent';
import { TrafficNow } from './TrafficNow';

/** Goes back to a revision; over what would keep the platform from it only where a person says so. */
export function RollbackButton(props: {
  deployment: Deployment;
  revision: Revision;
  onChanged: () => void;
}) {
  const { deployment, revision, onChanged } = props;
  const { name, servingRevision } = deployment;
  const api = useApi(modelPlatformApiRef);
  const [allowBreaking, setAllowBreaking] = useState(false);
  const [allowUnserved, setAllowUnserved] = useState(false);
  return (
    <ConfirmDialog
      opens="Roll back to this"
      title={`Roll ${name} back to revision ${revision.number}?`}
      does={`Roll back to revision ${revision.number}`}
      onOpen={() => {
        setAllowBreaking(false);
        setAllowUnserved(false);
      }}
      onConfirm={async reason => {
        await api.rollback(name, {
          revision: revision.number,
          reason,
          allowBreaking: allowBreaking || undefined,
          allowUnserved: allowUnserved || undefined,
        });
        onChanged();
      }}
    >
      {() => (
        <>
          <Text as="p">
            All calls go to {revisionContent(revision)} as soon as its runners
            are ready; until then{' '}
            {servingRevision === undefined
              ? 'nothing serves'
              : `revision ${servingRevision} goes on serving`}
            .
          </Text>
          <TrafficNow deployment={deployment} />
          <Flex direction="column" gap="1">
            <Checkbox isSelected={allowBreaking} onChange={setAllowBreaking}>
              Also where it breaks the signature that the endpoint serves
            </Checkbox>
            <Checkbox isSelected={allowUnserved} onChange={setAllowUnserved}>
              Also where it never had all traffic
            </Checkbox>
          </Flex>
        </>
      )}
    </ConfirmDialog>
  );
}
