import { Button } from '@backstage/ui';
import { Webhook } from '@model-platform/plugin-model-platform-common';
import { formatCounted } from '@model-platform/plugin-model-platform-react';
import { PlainTable } from '../shared/PlainTable';

/** One row a webhook. */
export function WebhooksTable(props: {
  webhooks: Webhook[];
  shown: string | undefined;
  onShow: (id: string) => void;
}) {
  const { webhooks, shown, onShow } = props;
  return (
    <PlainTable
      caption="Webhooks"
      head={['Name', 'System', 'Address', 'Hears of', 'State']}
      rows={webhooks.map(({ id, name, system, url, events, ...state }) => ({
        key: id,
        cells: [
          <Button
            key="name"
            size="small"
            variant={id === shown ? 'primary' : 'secondary'}
            aria-pressed={id === shown}
            onPress={() => onShow(id)}
          >
            {name}
          </Button>,
          system,
          url,
          formatCounted(events.length, 'event'),
          stateOf(state),
        ],
      }))}
    />
  );
}

function stateOf({
  status,
  disabledBecause,
}: Pick<Webhook, 'status' | 'disabledBecause'>) {
  if (status === 'ACTIVE') return 'active';
  return disabledBecause ? 'disabled' : 'paused';
}
