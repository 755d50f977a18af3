import { useState } from 'react';
import {
  Alert,
  Button,
  Checkbox,
  CheckboxGroup,
  Combobox,
  Flex,
  Grid,
  PasswordField,
  TextField,
} from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { Webhook } from '@model-platform/plugin-model-platform-common';
import {
  messageOf,
  modelPlatformApiRef,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { EVENT_GROUPS, eventText } from './webhookWords';

const USUAL_EVENTS = ['model_version.created', 'model_version_alias.created'];

/** Makes a webhook, or changes one. */
export function WebhookForm(props: {
  /** The one to change. */
  webhook?: Webhook;
  system?: string;
  systems: string[];
  onSaved: (webhook: Webhook) => void;
  onCancel: () => void;
}) {
  const { webhook, systems, onSaved, onCancel } = props;
  const api = useApi(modelPlatformApiRef);
  const [system, setSystem] = useState(props.system ?? '');
  const [name, setName] = useState(webhook?.name ?? '');
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [events, setEvents] = useState(webhook?.events ?? USUAL_EVENTS);
  const [secret, setSecret] = useState('');
  const save = useAction(async () => {
    const fields = {
      name: name.trim(),
      url: url.trim(),
      description: description.trim(),
      events,
      ...(secret ? { secret } : {}),
    };
    onSaved(
      webhook
        ? await api.updateWebhook(webhook.id, fields)
        : await api.createWebhook({ ...fields, system: system.trim() }),
    );
  });
  const isComplete =
    name.trim() && url.trim() && events.length > 0 && (webhook || system);
  return (
    <Flex direction="column" gap="3">
      <Grid.Root columns={{ initial: '1', md: '2' }} gap="3">
        {!webhook && (
          <Combobox
            label="System"
            placeholder="e.g. plant-catalogue"
            options={systems.map(one => ({ value: one, label: one }))}
            allowsCustomValue
            inputValue={system}
            onInputChange={setSystem}
          />
        )}
        <TextField
          label="Name"
          placeholder="e.g. ci"
          value={name}
          onChange={setName}
          maxLength={63}
        />
        <TextField
          label="Address"
          placeholder="https://ci.example.org/hooks/models"
          value={url}
          onChange={setUrl}
          maxLength={2000}
        />
        <TextField
          label="What it is for"
          value={description}
          onChange={setDescription}
          maxLength={5000}
        />
        <PasswordField
          label="Secret"
          description={secretText(webhook, url.trim())}
          value={secret}
          onChange={setSecret}
          autoComplete="new-password"
          maxLength={1000}
        />
      </Grid.Root>
      <Flex gap="5" style={{ flexWrap: 'wrap' }}>
        {EVENT_GROUPS.map(group => (
          <CheckboxGroup
            key={group.title}
            label={group.title}
            value={events.filter(one => group.events.includes(one))}
            onChange={chosen =>
              setEvents([
                ...events.filter(one => !group.events.includes(one)),
                ...chosen,
              ])
            }
          >
            {group.events.map(event => (
              <Checkbox key={event} value={event}>
                {eventText(event)}
              </Checkbox>
            ))}
          </CheckboxGroup>
        ))}
      </Flex>
      {save.error && (
        <Alert
          status="danger"
          icon
          role="alert"
          title="The webhook was not saved"
          description={messageOf(save.error)}
        />
      )}
      <Flex gap="2">
        <Button
          variant="primary"
          isPending={save.isRunning}
          isDisabled={!isComplete}
          onPress={() => save.run()}
        >
          {webhook ? 'Save' : 'Make the webhook'}
        </Button>
        <Button variant="secondary" onPress={onCancel}>
          Cancel
        </Button>
      </Flex>
    </Flex>
  );
}

function secretText(webhook: Webhook | undefined, url: string): string {
  if (!webhook?.hasSecret) {
    return 'With one, deliveries are signed. It is never shown again';
  }
  return url === webhook.url
    ? 'Deliveries are signed; leave it empty to keep the secret'
    : 'Another address needs a new secret';
}
