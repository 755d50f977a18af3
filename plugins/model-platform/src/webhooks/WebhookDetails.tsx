import { useState } from 'react';
import { Button, Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import { Webhook } from '@model-platform/plugin-model-platform-common';
import {
  Facts,
  modelPlatformApiRef,
  nameOfRef,
  Section,
  TimeAgo,
} from '@model-platform/plugin-model-platform-react';
import { ConfirmDialog } from '../shared/ConfirmDialog';
import { TestWebhook } from './TestWebhook';
import { WebhookDeliveries } from './WebhookDeliveries';
import { WebhookForm } from './WebhookForm';
import { eventText } from './webhookWords';

/** One webhook: what it hears, a try, what was delivered. */
export function WebhookDetails(props: {
  webhook: Webhook;
  onChanged: () => void;
  onDeleted: () => void;
}) {
  const { webhook, onChanged, onDeleted } = props;
  const { id, name, status } = webhook;
  const api = useApi(modelPlatformApiRef);
  const [isEdited, setEdited] = useState(false);
  const isActive = status === 'ACTIVE';
  return (
    <Flex direction="column" gap="4">
      <Section
        title={`Webhook ${name}`}
        actions={
          <Flex gap="2">
            <Button
              size="small"
              variant="secondary"
              onPress={() => setEdited(!isEdited)}
            >
              Change
            </Button>
            <ConfirmDialog
              opens={isActive ? 'Pause' : 'Resume'}
              title={`${isActive ? 'Pause' : 'Resume'} the webhook ${name}?`}
              does={isActive ? 'Pause' : 'Resume'}
              asksReason={false}
              onConfirm={async () => {
                await api.updateWebhook(id, {
                  status: isActive ? 'DISABLED' : 'ACTIVE',
                });
                onChanged();
              }}
            >
              {() => (
                <Text as="p">
                  {isActive
                    ? 'It hears of nothing that happens while it is paused.'
                    : 'From now on it hears what happens, as far as who made it may read it.'}
                </Text>
              )}
            </ConfirmDialog>
            <ConfirmDialog
              opens="Delete"
              isDestructive
              title={`Delete the webhook ${name}?`}
              does="Delete"
              asksReason={false}
              onConfirm={async () => {
                await api.deleteWebhook(id);
                onDeleted();
              }}
            >
              {() => (
                <Text as="p">
                  What was not delivered yet is not delivered any more, and the
                  log of its deliveries is removed.
                </Text>
              )}
            </ConfirmDialog>
          </Flex>
        }
      >
        {isEdited ? (
          <WebhookForm
            webhook={webhook}
            systems={[]}
            onCancel={() => setEdited(false)}
            onSaved={() => {
              setEdited(false);
              onChanged();
            }}
          />
        ) : (
          <Facts
            facts={[
              { name: 'Address', value: webhook.url },
              { name: 'System', value: webhook.system },
              { name: 'For', value: webhook.description },
              {
                name: 'Hears of',
                value: webhook.events.map(eventText).join(', '),
              },
              { name: 'Disabled because', value: webhook.disabledBecause },
              { name: 'Signed', value: webhook.hasSecret ? 'yes' : 'no' },
              {
                name: 'Speaks for',
                value: `${nameOfRef(
                  webhook.speaksFor,
                )}: it hears only of models that who made it may read`,
              },
              {
                name: 'Changed',
                value: <TimeAgo at={webhook.updatedAt} />,
              },
            ]}
          />
        )}
      </Section>
      <TestWebhook webhook={webhook} />
      <WebhookDeliveries webhook={webhook} />
    </Flex>
  );
}
