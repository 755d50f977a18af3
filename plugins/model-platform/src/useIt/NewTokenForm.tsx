import { useState } from 'react';
import { Alert, Button, Combobox, Flex, Select } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { toEntityRef } from '@model-platform/plugin-model-platform-common';
import {
  messageOf,
  modelPlatformApiRef,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { useApplications } from './useApplications';

const DAY_SECONDS = 24 * 60 * 60;

const EXPIRIES = [
  { id: '1', label: '1 day' },
  { id: '30', label: '30 days' },
  { id: '90', label: '90 days' },
  { id: '365', label: '1 year' },
];

/** For which application, and for how long. */
export function NewTokenForm(props: {
  endpoint: string;
  onCreated: (token: string) => void;
}) {
  const { endpoint, onCreated } = props;
  const api = useApi(modelPlatformApiRef);
  const applications = useApplications();
  const [consumer, setConsumer] = useState('');
  const [days, setDays] = useState('90');
  const create = useAction(async () => {
    const { token } = await api.createEndpointToken(endpoint, {
      consumer: toEntityRef(consumer, 'component'),
      expiresInSeconds: Number(days) * DAY_SECONDS,
    });
    onCreated(token);
  });
  return (
    <Flex direction="column" gap="3">
      <Flex align="end" gap="3">
        <Combobox
          label="Application"
          placeholder="component:default/my-app"
          allowsCustomValue
          options={applications}
          inputValue={consumer}
          onInputChange={setConsumer}
        />
        <Select
          label="Valid for"
          options={EXPIRIES}
          selectedKey={days}
          onSelectionChange={key => setDays(String(key))}
        />
        <Button
          variant="primary"
          isDisabled={consumer.trim() === ''}
          isPending={create.isRunning}
          onPress={() => create.run()}
        >
          Get a token
        </Button>
      </Flex>
      {create.error && (
        <Alert
          status="danger"
          icon
          role="alert"
          title="No token was made"
          description={messageOf(create.error)}
        />
      )}
    </Flex>
  );
}
