import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Webhook } from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { WebhooksPage } from './WebhooksPage';

const webhook: Webhook = {
  id: 'w1',
  system: 'plant-catalogue',
  name: 'ci',
  url: 'https://ci.example.org/hooks',
  events: ['model_version.created'],
  status: 'DISABLED',
  disabledBecause: 'the catalog does not know user:default/mira',
  hasSecret: true,
  speaksFor: 'user:default/mira',
  createdAt: '2026-11-01T08:00:00.000Z',
  updatedAt: '2026-11-01T08:00:00.000Z',
};

describe('WebhooksPage', () => {
  it('says why the platform disabled a webhook, and what another address needs', async () => {
    await renderOnPlatform(
      <WebhooksPage />,
      new FakePlatform()
        .when('GET webhooks', () => ({ items: [webhook] }))
        .when('GET webhooks/w1', () => webhook)
        .when('GET webhooks/w1/deliveries', () => ({ items: [] })),
      '/?webhook=w1',
    );
    expect(
      await screen.findByRole('cell', { name: 'disabled' }),
    ).toBeInTheDocument();
    expect(
      await screen.findByText('the catalog does not know user:default/mira'),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Change' }));
    expect(screen.getByText(/leave it empty to keep/)).toBeInTheDocument();
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Address' }),
      '/other',
    );
    expect(
      screen.getByText('Another address needs a new secret'),
    ).toBeInTheDocument();
  });
});
