import { useState } from 'react';
import {
  Alert,
  Button,
  Checkbox,
  Combobox,
  Flex,
  NumberField,
  Select,
} from '@backstage/ui';
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

/** For which application, for how long, for how many calls. */
export function NewTokenForm(props: {
  endpoint: string;
  /** Who may not, makes none that chooses the variant. */
  mayDeploy: boolean;
  onCreated: (token: string) => void;
}) {
  const { endpoint, mayDeploy, onCreated } = props;
  const api = useApi(modelPlatformApiRef);
  const applications = useApplications();
  const [consumer, setConsumer] = useState('');
  const [days, setDays] = useState('90');
  const [calls, setCalls] = useState<number>();
  const [chooses, setChooses] = useState(false);
  const create = useAction(async () => {
    const { token } = await api.createEndpointToken(endpoint, {
      consumer: toEntityRef(consumer, 'component'),
      expiresInSeconds: Number(days) * DAY_SECONDS,
      rate: calls ? { calls, per: 'minute' } : undefined,
      mayChooseVariant: chooses || undefined,
    });
    onCreated(token);
  });
  return (
    <Flex direction="column" gap="3">
      <Flex align="end" gap="3" style={{ flexWrap: 'wrap' }}>
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
        <NumberField
          label="Calls a minute"
          placeholder="no limit"
          value={calls ?? NaN}
          minValue={1}
          maxValue={1_000_000}
          step={1}
          onChange={number =>
            setCalls(Number.isNaN(number) ? undefined : number)
          }
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
      {mayDeploy && (
        <Checkbox isSelected={chooses} onChange={setChooses}>
          For a tester: its calls may choose the variant (x-model-variant)
        </Checkbox>
      )}
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
