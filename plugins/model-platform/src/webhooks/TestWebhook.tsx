import { useState } from 'react';
import { Alert, Button, Flex, Select } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  Webhook,
  WebhookTestResult,
} from '@model-platform/plugin-model-platform-common';
import {
  CodeBlock,
  messageOf,
  modelPlatformApiRef,
  Section,
  useAction,
} from '@model-platform/plugin-model-platform-react';
import { eventText, testText } from './webhookWords';

/** Sends an example now, and shows what came back. */
export function TestWebhook({ webhook }: { webhook: Webhook }) {
  const api = useApi(modelPlatformApiRef);
  const [event, setEvent] = useState(webhook.events[0]);
  const [result, setResult] = useState<WebhookTestResult>();
  const test = useAction(async () => {
    setResult(undefined);
    setResult(await api.testWebhook(webhook.id, { event }));
  });
  return (
    <Section title="Try it" hint="Sends an example once; it is in no log">
      <Flex direction="column" gap="3">
        <Flex align="end" gap="3">
          <div style={{ width: 280 }}>
            <Select
              label="Event"
              options={webhook.events.map(one => ({
                value: one,
                label: eventText(one),
              }))}
              selectedKey={event}
              onSelectionChange={key => setEvent(String(key))}
            />
          </div>
          <Button
            variant="secondary"
            isPending={test.isRunning}
            onPress={() => test.run()}
          >
            Send an example
          </Button>
        </Flex>
        {test.error && (
          <Alert
            status="danger"
            icon
            role="alert"
            title="It was not sent"
            description={messageOf(test.error)}
          />
        )}
        {result && (
          <Alert
            status={result.success ? 'success' : 'warning'}
            icon
            role="status"
            title={testText(result)}
          />
        )}
        {result?.responseBody && (
          <CodeBlock
            label="What the receiver answered"
            text={result.responseBody}
            maxHeight={160}
          />
        )}
      </Flex>
    </Section>
  );
}
