import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { IdentityApi } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { useLocation } from 'react-router-dom';
import { PortalSignInPage } from './PortalSignInPage';

const KEY = 'k'.repeat(32);

const config = {
  app: { title: 'Plants', baseUrl: 'http://portal.test' },
  backend: { baseUrl: 'http://portal.test' },
  modelPlatform: {
    signIn: {
      people: [
        {
          entityRef: 'user:default/mira',
          name: 'Mira',
          role: 'Model developer',
        },
        { entityRef: 'user:default/arun', name: 'Arun', role: 'App developer' },
      ],
    },
  },
};

function Address() {
  const { pathname, search } = useLocation();
  return <output data-testid="address">{`${pathname}${search}`}</output>;
}

/** The sign-in backend: takes one key, and signs in whoever is named. */
function refresh(_address: unknown, init?: RequestInit) {
  const headers = new Headers(init?.headers);
  const person = headers.get('x-sign-in-person') ?? '';
  const accepted = headers.get('x-sign-in-key') === KEY;
  return Promise.resolve(
    new Response(
      JSON.stringify(
        accepted
          ? {
              profile: { displayName: person },
              backstageIdentity: {
                token: `h.${btoa('{"exp":4102444800}')}.s`,
                identity: {
                  type: 'user',
                  userEntityRef: person,
                  ownershipEntityRefs: [person],
                },
              },
            }
          : {
              error: {
                name: 'AuthenticationError',
                message: 'The sign-in key is of another start.',
              },
              response: { statusCode: 401 },
            },
      ),
      {
        status: accepted ? 200 : 401,
        headers: { 'content-type': 'application/json' },
      },
    ),
  );
}

async function open(address: string, settings: object = config) {
  const signedIn: IdentityApi[] = [];
  const page = await renderInTestApp(
    <>
      <PortalSignInPage onSignInSuccess={identity => signedIn.push(identity)} />
      <Address />
    </>,
    {
      apis: [mockApis.config({ data: settings as typeof config })],
      config: settings as typeof config,
      initialRouteEntries: [address],
    },
  );
  return { ...page, signedIn };
}

const address = () => screen.getByTestId('address').textContent;

describe('PortalSignInPage', () => {
  const fetched = jest.spyOn(globalThis, 'fetch');

  beforeEach(() => {
    localStorage.clear();
    sessionStorage.clear();
    fetched.mockReset().mockImplementation(refresh);
  });

  it('takes the key out of the address, and signs in who is chosen until signed out', async () => {
    const first = await open(`/catalog?kind=model&key=${KEY}`);
    expect(await screen.findByText('Model developer')).toBeInTheDocument();
    await waitFor(() => expect(address()).toBe('/catalog?kind=model'));
    await userEvent.click(
      screen.getByRole('button', { name: 'Sign in as Mira' }),
    );
    await waitFor(() => expect(first.signedIn).toHaveLength(1));
    const identity = await first.signedIn[0].getBackstageIdentity();
    expect(identity.userEntityRef).toBe('user:default/mira');
    first.unmount();

    // A reload of this tab goes on as the same person, without a key in the address.
    const reloaded = await open('/');
    await waitFor(() => expect(reloaded.signedIn).toHaveLength(1));
    await reloaded.signedIn[0].signOut();
    reloaded.unmount();

    const after = await open('/');
    expect(
      await screen.findByRole('button', { name: 'Sign in as Arun' }),
    ).toBeInTheDocument();
    expect(after.signedIn).toEqual([]);
  });

  it('says where the address is, without a key and with one of another start', async () => {
    const without = await open('/');
    expect(
      await screen.findByText('This browser has no sign-in key yet'),
    ).toBeInTheDocument();
    expect(screen.getByText('quickstart.json')).toBeInTheDocument();
    expect(fetched).not.toHaveBeenCalled();
    without.unmount();

    await open('/?key=of-yesterday');
    await userEvent.click(
      await screen.findByRole('button', { name: 'Sign in as Mira' }),
    );
    expect(
      await screen.findByText('This sign-in key is not valid any more'),
    ).toBeInTheDocument();
    expect(
      screen.getByText('The sign-in key is of another start.'),
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Choose somebody else' }),
    );
    expect(
      await screen.findByRole('button', { name: 'Sign in as Arun' }),
    ).toBeInTheDocument();
  });
});
