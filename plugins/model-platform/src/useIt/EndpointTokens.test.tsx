import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { EndpointToken } from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { EndpointTokens } from './EndpointTokens';

/** A platform that really makes tokens. */
function platform() {
  const items: EndpointToken[] = [];
  return new FakePlatform()
    .when('GET endpoints/iris/tokens', () => ({ items }))
    .when('POST endpoints/iris/tokens', ({ body }) => {
      const made = {
        ...(body as Pick<EndpointToken, 'consumer' | 'rate'>),
        id: 'made',
        endpoint: 'iris',
        createdBy: 'user:default/mira',
        createdAt: '2026-11-02T09:00:00.000Z',
      };
      items.push(made);
      return { ...made, token: 'mpe_made_secret' };
    });
}

async function show(iris: FakePlatform, mayDeploy: boolean) {
  const made: string[] = [];
  await renderOnPlatform(
    <EndpointTokens
      endpoint="iris"
      owner="group:default/botany-ml"
      mayCreate
      mayDeploy={mayDeploy}
      onCreated={token => made.push(token)}
    />,
    iris,
  );
  await userEvent.type(
    await screen.findByRole('combobox', { name: 'Application' }),
    'component:default/tests',
  );
  // Closes the list of applications, which hides all else.
  await userEvent.keyboard('{Escape}');
  return made;
}

describe('EndpointTokens', () => {
  it('shows none that opens nothing any more', async () => {
    const token = (
      id: string,
      fields: Partial<EndpointToken>,
    ): EndpointToken => ({
      id,
      endpoint: 'iris',
      consumer: `component:default/${id}`,
      createdBy: 'user:default/mira',
      createdAt: '2026-11-02T09:00:00.000Z',
      ...fields,
    });
    const iris = platform().when('GET endpoints/iris/tokens', () => ({
      items: [
        token('expired', { expiresAt: '2026-11-02T09:05:00.000Z' }),
        token('revoked', { revokedAt: '2026-11-02T09:05:00.000Z' }),
        token('valid', { expiresAt: '2126-11-02T09:05:00.000Z' }),
      ],
    }));
    await show(iris, true);
    expect(await screen.findByText('valid')).toBeInTheDocument();
    expect(screen.queryByText('expired')).not.toBeInTheDocument();
    expect(screen.queryByText('revoked')).not.toBeInTheDocument();
  });

  it('makes tokens with a rate, and for testers', async () => {
    const iris = platform();
    const made = await show(iris, true);
    await userEvent.type(
      screen.getByRole('textbox', { name: 'Calls a minute' }),
      '600',
    );
    await userEvent.click(screen.getByRole('checkbox', { name: /tester/ }));
    await userEvent.click(screen.getByRole('button', { name: 'Get a token' }));
    expect(
      await screen.findByText(/600 calls a minute, chooses the variant/),
    ).toBeInTheDocument();
    expect(made).toEqual(['mpe_made_secret']);
    expect(iris.callsOf('POST endpoints/iris/tokens')[0].body).toEqual({
      consumer: 'component:default/tests',
      expiresInSeconds: 90 * 86_400,
      rate: { calls: 600, per: 'minute' },
      mayChooseVariant: true,
    });
  });

  it('asks for neither where nothing is said, and offers no choice of variants to those who may not deploy', async () => {
    const iris = platform();
    await show(iris, false);
    expect(screen.queryByRole('checkbox')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Get a token' }));
    expect(await screen.findByText(/expire/)).toBeInTheDocument();
    expect(iris.callsOf('POST endpoints/iris/tokens')[0].body).toEqual({
      consumer: 'component:default/tests',
      expiresInSeconds: 90 * 86_400,
    });
  });
});
