import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HistoryEntry } from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { ModelGovernanceContent } from './ModelGovernanceContent';

const entries: HistoryEntry[] = [
  {
    id: '3',
    at: '2026-11-03T08:00:00.000Z',
    actor: 'token:ci',
    action: 'alias-moved',
    details: { alias: 'champion', version: 2, from: 1 },
    client: 'mlflow',
  },
  {
    id: '2',
    at: '2026-11-02T08:00:00.000Z',
    actor: 'user:default/mira',
    action: 'alias-moved',
    details: { alias: 'champion', version: 1 },
    reason: 'The first one',
    client: 'portal',
  },
  {
    id: '1',
    at: '2026-11-01T08:00:00.000Z',
    actor: 'user:default/mira',
    action: 'published',
    details: { version: 1 },
  },
];

function platform() {
  return new FakePlatform()
    .when('GET models/iris/history', ({ query }) => ({
      items: entries.filter(
        ({ actor, action }) =>
          [null, actor].includes(query.get('actor')) &&
          [null, action].includes(query.get('action')),
      ),
    }))
    .when('GET models/iris/aliases', ({ query }) => ({
      items: [
        {
          alias: 'champion',
          version: 1,
          at: query.get('at'),
          since: '2026-11-02T08:00:00.000Z',
          actor: 'user:default/mira',
          reason: 'The first one',
        },
      ],
    }));
}

describe('ModelGovernanceContent', () => {
  it('shows who did what, why and from where, by person and kind of the address', async () => {
    await renderOnPlatform(<ModelGovernanceContent />, platform());
    const history = within(
      await screen.findByRole('table', { name: 'History of the model' }),
    );
    const [, ...rows] = history
      .getAllByRole('row')
      .map(row =>
        [...row.children].map(({ textContent }) => textContent).join('|'),
      );
    expect(rows[0]).toMatch(
      /^champion moved from v1 to v2\|ci\|.*\|–\|mlflow$/,
    );
    expect(rows[1]).toMatch(
      /^champion set to v1\|mira\|.*\|The first one\|port/,
    );
    expect(rows[2]).toMatch(/^Published: v1\|mira/);
  });

  it('keeps its filters in the address', async () => {
    const iris = platform();
    await renderOnPlatform(
      <ModelGovernanceContent />,
      iris,
      '/?who=user:default/mira&what=published',
    );
    const table = await screen.findByRole('table', {
      name: 'History of the model',
    });
    expect(within(table).getAllByRole('row')).toHaveLength(2);
    await userEvent.click(screen.getByRole('button', { name: 'Clear all' }));
    await waitFor(() =>
      expect(within(table).getAllByRole('row')).toHaveLength(4),
    );
    expect(screen.getByTestId('address')).toHaveTextContent(/^\/$/);
  });

  it('says what served at a time', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelGovernanceContent />, iris);
    fireEvent.change(await screen.findByLabelText('Date and time'), {
      target: { value: '2026-11-02T12:00' },
    });
    const table = within(
      await screen.findByRole('table', { name: 'Aliases at that time' }),
    );
    expect(table.getByRole('rowheader')).toHaveTextContent('champion');
    expect(table.getByText('v1')).toBeInTheDocument();
    const at = new Date('2026-11-02T12:00').toISOString();
    expect(iris.callsOf('GET models/iris/aliases')[0].query.get('at')).toBe(at);
    expect(screen.getByTestId('address')).toHaveTextContent(
      encodeURIComponent(at),
    );
  });
});
