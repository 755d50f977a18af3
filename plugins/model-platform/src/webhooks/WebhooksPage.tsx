import { useState } from 'react';
import { Button, Flex, Select, Text } from '@backstage/ui';
import {
  LoadState,
  Section,
  useLoaded,
} from '@model-platform/plugin-model-platform-react';
import { loadPages } from '../shared/loadPages';
import { PageBody } from '../shared/PageBody';
import { useSystems } from '../shared/useSystems';
import { useUrlState } from '../shared/useUrlState';
import { WebhookDetails } from './WebhookDetails';
import { WebhookForm } from './WebhookForm';
import { WebhooksTable } from './WebhooksTable';

/** Not the name of a system. */
const ALL_SYSTEMS = '*';
const NEW = 'new';
const PAGE_SIZE = 100;

/** Addresses that hear what happens to the models of a system. */
export function WebhooksPage() {
  const url = useUrlState();
  const system = url.get('system');
  const shown = url.get('webhook');
  const [saved, setSaved] = useState(0);
  const [shownCount, setShownCount] = useState(PAGE_SIZE);
  const systems = useSystems();
  const webhooks = useLoaded(
    `webhooks ${system ?? ''} ${saved} ${shownCount}`,
    (api, signal) =>
      loadPages(shownCount, page =>
        api.listWebhooks({ ...page, system, limit: PAGE_SIZE }, { signal }),
      ),
    { keep: true },
  );
  const reload = () => setSaved(count => count + 1);
  return (
    <PageBody>
      <Text as="p">
        A webhook is an address that hears what happens to the models of one
        system, with MLflow’s events, bodies and signatures. Who may publish in
        a system makes webhooks there and manages those; whoever may publish and
        read everything in it manages all of them.
      </Text>
      <Flex gap="3" align="end" justify="between">
        <div style={{ width: 280 }}>
          <Select
            label="System"
            options={[
              { value: ALL_SYSTEMS, label: 'all that you manage' },
              ...[...new Set([...systems, ...(system ? [system] : [])])].map(
                name => ({ value: name, label: name }),
              ),
            ]}
            selectedKey={system ?? ALL_SYSTEMS}
            onSelectionChange={key =>
              url.set({
                system: key === ALL_SYSTEMS ? undefined : String(key),
                webhook: undefined,
              })
            }
          />
        </div>
        {shown !== NEW && (
          <Button variant="primary" onPress={() => url.set({ webhook: NEW })}>
            New webhook
          </Button>
        )}
      </Flex>
      {shown === NEW && (
        <Section title="New webhook">
          <WebhookForm
            system={system}
            systems={systems}
            onCancel={() => url.set({ webhook: undefined })}
            onSaved={({ id }) => {
              url.set({ webhook: id });
              reload();
            }}
          />
        </Section>
      )}
      <LoadState loaded={webhooks} what="the webhooks">
        {({ items, hasMore }) => {
          const chosen = items.find(({ id }) => id === shown);
          return (
            <Flex direction="column" gap="4">
              {items.length === 0 ? (
                <Text as="p" color="secondary">
                  {system
                    ? `Nobody hears of the models of ${system} yet.`
                    : 'There is no webhook in a system where you may publish.'}{' '}
                  <em>New webhook</em> makes one.
                </Text>
              ) : (
                <WebhooksTable
                  webhooks={items}
                  shown={shown}
                  onShow={id => url.set({ webhook: id })}
                />
              )}
              {hasMore && (
                <div>
                  <Button
                    variant="secondary"
                    isPending={webhooks.isStale}
                    onPress={() => setShownCount(shownCount + PAGE_SIZE)}
                  >
                    Show more
                  </Button>
                </div>
              )}
              {chosen && (
                <WebhookDetails
                  key={chosen.id}
                  webhook={chosen}
                  onChanged={reload}
                  onDeleted={() => {
                    url.set({ webhook: undefined });
                    reload();
                  }}
                />
              )}
              {shown && shown !== NEW && !chosen && !webhooks.isStale && (
                <Text as="p" role="status">
                  The webhook that this address is about is not here any more,
                  or you may not manage it.
                </Text>
              )}
            </Flex>
          );
        }}
      </LoadState>
    </PageBody>
  );
}
