import { useState } from 'react';
import {
  Alert,
  Button,
  Combobox,
  Flex,
  Select,
  Text,
  TextField,
} from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { ResponseError } from '@backstage/errors';
import {
  CodeBlock,
  modelPlatformApiRef,
  nameOfRef,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { useOwnGroups } from './useOwnGroups';
import { useSystems } from '../shared/useSystems';

const DAY_SECONDS = 86_400;
const LIFETIMES = [
  { value: '1', label: '1 day' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
];

/** Makes a token with which a machine publishes for one group in one system. */
export function MakePublisherToken(props: {
  token: string | undefined;
  onMade: (token: string) => void;
}) {
  const { token, onMade } = props;
  const api = useApi(modelPlatformApiRef);
  const groups = useOwnGroups();
  const systems = useSystems();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState<string>();
  const [system, setSystem] = useState('');
  const [model, setModel] = useState('');
  const [days, setDays] = useState('30');
  const chosenOwner = owner ?? groups?.[0];

  const make = useAction(async (forOwner: string) => {
    const made = await api.createPublisher({
      name: name.trim(),
      grants: [
        {
          actions: ['read', 'publish', 'deploy'],
          systems: [system],
          owners: [forOwner],
          ...(model.trim() ? { models: [model.trim()] } : {}),
        },
      ],
      expiresInSeconds: Number(days) * DAY_SECONDS,
    });
    onMade(made.token);
  });

  if (groups && groups.length === 0) {
    return (
      <Alert
        status="warning"
        icon
        title="You belong to no group that could own a model"
        description="Models are owned by groups. Ask whoever keeps your organisation’s groups to add you to one; then you can make a token here."
      />
    );
  }
  return (
    <Flex direction="column" gap="3">
      <TextField
        label="What the token is for"
        placeholder="e.g. my laptop, or CI of iris"
        value={name}
        onChange={setName}
        maxLength={100}
      />
      <Flex gap="3" align="end" style={{ flexWrap: 'wrap' }}>
        <Select
          label="Owner of the models"
          options={(groups ?? []).map(ref => ({
            value: ref,
            label: nameOfRef(ref),
          }))}
          selectedKey={chosenOwner ?? null}
          onSelectionChange={key => setOwner(String(key))}
        />
        <Combobox
          label="System"
          placeholder="e.g. plant-catalogue"
          options={systems.map(one => ({ value: one, label: one }))}
          allowsCustomValue
          inputValue={system}
          onInputChange={setSystem}
        />
        <TextField
          label="Only for the model"
          placeholder="any of the owner’s"
          value={model}
          onChange={setModel}
        />
        <Select
          label="Valid for"
          options={LIFETIMES}
          selectedKey={days}
          onSelectionChange={key => setDays(String(key))}
        />
      </Flex>
      <div>
        <Button
          variant="primary"
          isPending={make.isRunning}
          isDisabled={!name.trim() || !system.trim() || !chosenOwner}
          onPress={() => chosenOwner && make.run(chosenOwner)}
        >
          Get a token
        </Button>
      </div>
      {make.error && (
        <Alert
          status="danger"
          icon
          role="alert"
          title="No token was made"
          description={
            ResponseError.is(make.error)
              ? make.error.body.error.message
              : make.error.message
          }
        />
      )}
      {token && (
        <Flex direction="column" gap="2">
          <Text as="p" role="status">
            This is the token. It is shown only now: keep it where secrets are
            kept. The commands below have it already.
          </Text>
          <CodeBlock label="Publisher token" text={token} />
        </Flex>
      )}
    </Flex>
  );
}
