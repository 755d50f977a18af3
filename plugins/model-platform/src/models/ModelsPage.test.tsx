import { act, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Model } from '@model-platform/plugin-model-platform-common';
import { FakePlatform, PlatformCall } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { sampleDeployment, sampleModel } from '../__testUtils__/samples';
import { ModelsPage } from './ModelsPage';

const models = [
  sampleModel(),
  sampleModel({
    slug: 'churn',
    owner: 'group:default/crm',
    description: 'Tells which customers may leave.',
    current: { number: 1, status: 'ready', flavor: 'onnx', theme: 'retention' },
  }),
];

/** Filters as the platform does, so that the page can be seen to narrow. */
function listModels({ query }: PlatformCall) {
  const filters = query.getAll('filter').map(text => text.split('='));
  const fits = (model: Model) =>
    filters.every(([key, value]) =>
      key === 'theme' ? model.current?.theme === value : model.owner === value,
    ) && model.description.includes(query.get('q') ?? '');
  const items = models.filter(fits);
  return {
    items,
    totalItems: items.length,
    facets: {
      theme: [
        { value: 'species-recognition', count: 1 },
        { value: 'retention', count: 1 },
      ],
      owner: models.map(({ owner }) => ({ value: owner, count: 1 })),
      complete: [{ value: 'false', count: 1 }],
    },
  };
}

const platform = () =>
  new FakePlatform()
    .when('GET models', listModels)
    .when('GET deployments', () => ({ items: [sampleDeployment()] }))
    .when('GET kpis/overview', () => ({ models: [] }));

const address = () => screen.getByTestId('address').textContent ?? '';
const rowNames = () =>
  screen
    .getAllByRole('rowheader')
    .map(cell => within(cell).getByRole('link').textContent);

describe('ModelsPage', () => {
  it('keeps search and filters in the address, from where they can be taken back', async () => {
    await renderOnPlatform(<ModelsPage />, platform());
    await waitFor(() => expect(rowNames()).toEqual(['iris', 'churn']));
    expect(screen.getByRole('link', { name: 'iris' })).toHaveAttribute(
      'href',
      '/catalog/default/model/iris',
    );

    await userEvent.click(screen.getByRole('checkbox', { name: /retention/ }));
    await waitFor(() => expect(rowNames()).toEqual(['churn']));
    expect(address()).toContain('theme=retention');

    await userEvent.type(
      screen.getByRole('searchbox', { name: 'Search models' }),
      'flower',
    );
    expect(await screen.findByText(/No model matches/)).toBeInTheDocument();
    expect(address()).toContain('q=flower');

    await userEvent.click(
      screen.getByRole('button', { name: 'Clear all filters' }),
    );
    await waitFor(() => expect(rowNames()).toEqual(['iris', 'churn']));
    expect(address()).not.toMatch(/q=|theme=/);
  });

  it('shows what a link asks for', async () => {
    const asked = platform();
    await renderOnPlatform(
      <ModelsPage />,
      asked,
      '/?q=customers&theme=retention&sort=-updatedAt',
    );
    await waitFor(() => expect(rowNames()).toEqual(['churn']));
    expect(
      screen.getByRole('searchbox', { name: 'Search models' }),
    ).toHaveValue('customers');
    expect(screen.getByRole('checkbox', { name: /retention/ })).toBeChecked();
    expect(
      screen.getByRole('checkbox', { name: 'incomplete (1)' }),
    ).not.toBeChecked();
    const [{ query }] = asked.callsOf('GET models');
    expect(query.get('sort')).toBe('-updatedAt');
    expect(query.getAll('filter')).toEqual(['theme=retention']);

    const tag = screen.getByRole('row', { name: 'Theme: retention' });
    await userEvent.click(within(tag).getByRole('button', { name: /Remove/ }));
    await waitFor(() => expect(address()).not.toContain('theme='));
  });

  it('tells no models, no right and a failure apart', async () => {
    const empty = platform().when('GET models', () => ({
      items: [],
      facets: {},
    }));
    const first = await renderOnPlatform(<ModelsPage />, empty);
    expect(
      await screen.findByText(
        /http:\/\/portal\.test\/api\/model-platform\/cli\.tgz publish/,
      ),
    ).toBeInTheDocument();
    first.unmount();

    const forbidden = platform().when('GET models', () =>
      FakePlatform.refusal(
        403,
        'NotAllowedError',
        'You need the right model-platform.model.read',
      ),
    );
    const second = await renderOnPlatform(<ModelsPage />, forbidden);
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'You need the right model-platform.model.read',
    );
    second.unmount();

    let isBroken = true;
    const broken = platform().when('GET models', call =>
      isBroken
        ? FakePlatform.refusal(503, 'ServiceUnavailableError', 'No database')
        : listModels(call),
    );
    await renderOnPlatform(<ModelsPage />, broken);
    expect(await screen.findByRole('alert')).toHaveTextContent('No database');
    isBroken = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(rowNames()).toEqual(['iris', 'churn']));
  });

  it('shows a little later what changed while nobody was there to tell it', async () => {
    const rounds = jest.spyOn(window, 'setInterval');
    const late = sampleModel({ slug: 'late' });
    const shown = [...models];
    const untold = platform().when('GET models', () => ({
      items: [...shown],
      facets: {},
    }));
    await renderOnPlatform(<ModelsPage />, untold);
    await waitFor(() => expect(rowNames()).toEqual(['iris', 'churn']));
    shown.push(late);
    for (const [round, everyMs] of rounds.mock.calls)
      if (everyMs === 30_000) act(() => (round as () => void)());
    await waitFor(() => expect(rowNames()).toEqual(['iris', 'churn', 'late']));
    rounds.mockRestore();
  });

  it('lists the models where it cannot be known where they run', async () => {
    const half = platform().when('GET deployments', () =>
      FakePlatform.refusal(503, 'ServiceUnavailableError', 'No host'),
    );
    await renderOnPlatform(<ModelsPage />, half);
    await waitFor(() => expect(rowNames()).toEqual(['iris', 'churn']));
  });
});
