import { useState } from 'react';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { useApi } from '@backstage/frontend-plugin-api';
import {
  Webhook,
  WebhookDelivery,
} from '@model-platform/plugin-model-platform-common';
import {
  LoadState,
  messageOf,
  modelPlatformApiRef,
  Section,
  TimeAgo,
  useAction,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { PlainTable } from '../shared/PlainTable';
import { answerText, eventText } from './webhookWords';

const PAGE_SIZE = 25;
const LOOK_AGAIN_MS = 5_000;

/** What was sent, what became of it, and once more. */
export function WebhookDeliveries({ webhook }: { webhook: Webhook }) {
  const api = useApi(modelPlatformApiRef);
  const [limit, setLimit] = useState(PAGE_SIZE);
  const deliveries = useLoaded(
    `deliveries of ${webhook.id} ${limit}`,
    (requests, signal) =>
      loadPages(limit, page =>
        requests.listWebhookDeliveries(
          webhook.id,
          { ...page, limit: PAGE_SIZE },
          { signal },
        ),
      ),
    { everyMs: LOOK_AGAIN_MS, keep: true },
  );
  const again = useAction(async (id: string) => {
    await api.redeliver(webhook.id, id);
    deliveries.reload();
  });
  return (
    <Section
      title="Deliveries"
      hint="Newest first; finished ones are kept for some weeks"
    >
      <Flex direction="column" gap="3">
        {again.error && (
          <Alert
            status="danger"
            icon
            role="alert"
            title="It is not sent again"
            description={messageOf(again.error)}
          />
        )}
        <LoadState loaded={deliveries} what="the deliveries">
          {({ items, hasMore }) =>
            items.length === 0 ? (
              <Text as="p" color="secondary">
                Nothing happened yet that it hears of.
              </Text>
            ) : (
              <>
                <PlainTable
                  caption={`Deliveries to ${webhook.name}`}
                  head={['Event', 'State', 'Attempts', 'Last', 'When', 'Again']}
                  rows={items.map(delivery => ({
                    key: delivery.id,
                    cells: [
                      eventText(delivery.event),
                      <State key="state" delivery={delivery} />,
                      delivery.attempts,
                      answerText(delivery),
                      <TimeAgo key="when" at={delivery.createdAt} />,
                      delivery.status === 'pending' ? (
                        '–'
                      ) : (
                        <Button
                          key="again"
                          size="small"
                          variant="secondary"
                          aria-label={`Send again: ${eventText(
                            delivery.event,
                          )}`}
                          isDisabled={again.isRunning}
                          onPress={() => again.run(delivery.id)}
                        >
                          Send again
                        </Button>
                      ),
                    ],
                  }))}
                />
                {hasMore && (
                  <div>
                    <Button
                      variant="secondary"
                      isPending={deliveries.isStale}
                      onPress={() => setLimit(limit + PAGE_SIZE)}
                    >
                      Show more
                    </Button>
                  </div>
                )}
              </>
            )
          }
        </LoadState>
      </Flex>
    </Section>
  );
}

function State({ delivery }: { delivery: WebhookDelivery }) {
  if (delivery.status !== 'pending') return <>{delivery.status}</>;
  return (
    <>
      pending
      {delivery.nextAttemptAt && delivery.attempts > 0 && (
        <>
          , tried again <TimeAgo at={delivery.nextAttemptAt} />
        </>
      )}
    </>
  );
}
