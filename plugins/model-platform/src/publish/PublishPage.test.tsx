import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { parse } from 'yaml';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import { PublishPage } from './PublishPage';

const schema = {
  type: 'object',
  required: ['purpose', 'data', 'risk'],
  properties: {
    purpose: {
      description: 'What it is for',
      examples: ['Say: who may leave'],
    },
    data: {
      required: ['period'],
      properties: {
        sources: { description: 'Where from' },
        period: { description: 'What time', examples: ['2023-01 to 2024-12'] },
      },
    },
    risk: { enum: ['minimal', 'high'], examples: ['minimal'] },
  },
};

const platform = () =>
  new FakePlatform()
    .when('GET publishers', () => ({ items: [] }))
    .when('GET metadata-schemas/ml', () => ({
      type: 'ml',
      version: '1',
      schema,
    }));

async function askForToken() {
  await userEvent.type(
    await screen.findByRole('textbox', { name: /What the token is for/ }),
    'my laptop',
  );
  await userEvent.type(
    screen.getByRole('combobox', { name: /System/ }),
    'plant-catalogue{Tab}',
  );
  await userEvent.click(screen.getByRole('button', { name: 'Get a token' }));
}

describe('PublishPage', () => {
  it('has the address of this platform and a file that says what is mandatory', async () => {
    await renderOnPlatform(<PublishPage />, platform());
    expect(
      await screen.findByRole('region', { name: 'Publish' }),
    ).toHaveTextContent(
      'npx --yes http://portal.test/api/model-platform/cli.tgz publish .',
    );
    const file = await screen.findByRole('region', {
      name: 'model.yaml to start from',
    });
    expect(parse(file.textContent ?? '')).toMatchObject({
      type: 'ml',
      metadata: {
        purpose: 'Say: who may leave',
        data: { period: '2023-01 to 2024-12' },
        risk: 'minimal',
      },
    });
    expect(file).not.toHaveTextContent('sources');
    expect(screen.getByText('data.sources')).toBeInTheDocument();
  });

  it('asks for what the schemas of the chosen system ask for, all of them', async () => {
    const asked = platform().when('GET metadata-schemas/ml', ({ query }) => {
      const stewardship = {
        required: ['steward', 'risk'],
        properties: { steward: { examples: ['group:default/crm'] } },
      };
      const isThere = query.get('system') === 'plant-catalogue';
      return {
        type: 'ml',
        version: '2',
        schemas: [
          { name: 'platform', version: '2' },
          ...(isThere ? [{ name: 'stewardship', version: '7' }] : []),
        ],
        schema: isThere ? { allOf: [schema, stewardship] } : schema,
      };
    });
    await renderOnPlatform(<PublishPage />, asked, '/?system=plant-catalogue');
    const file = await screen.findByRole('region', {
      name: 'model.yaml to start from',
    });
    expect(parse(file.textContent ?? '').metadata).toMatchObject({
      purpose: 'Say: who may leave',
      risk: 'minimal',
      steward: 'group:default/crm',
    });
    expect(
      screen.getByText(
        /platform's schema, version 2 and stewardship, version 7/,
      ),
    ).toBeInTheDocument();
  });

  it('makes a token for the own group in one system, and puts it into the commands', async () => {
    const asked = platform().when('POST publishers', () => ({
      id: '1',
      token: 'mpt_1_secret',
    }));
    await renderOnPlatform(<PublishPage />, asked);
    await askForToken();
    await waitFor(() =>
      expect(
        screen.getByRole('region', { name: 'Where to, and who' }),
      ).toHaveTextContent('export MODEL_PLATFORM_TOKEN=mpt_1_secret'),
    );
    const mlflow = screen.getByRole('region', {
      name: 'MLflow: where to, and who',
    });
    expect(mlflow).toHaveTextContent(
      'MLFLOW_TRACKING_URI=http://portal.test/api/model-platform/mlflow',
    );
    expect(mlflow).toHaveTextContent('MLFLOW_TRACKING_TOKEN=mpt_1_secret');
    expect(asked.callsOf('POST publishers')[0].body).toEqual({
      name: 'my laptop',
      grants: [
        {
          actions: ['read', 'publish', 'deploy'],
          systems: ['plant-catalogue'],
          owners: ['group:default/botany-ml'],
        },
      ],
      expiresInSeconds: 30 * 86_400,
    });
  });

  it('lists tokens with what they may do, and revokes one of them', async () => {
    let revoked = false;
    const token = {
      id: '1',
      name: 'CI of iris',
      createdBy: 'user:default/mira',
      createdAt: '2026-11-01T08:00:00.000Z',
      expiresAt: '2100-01-01T00:00:00.000Z',
      grants: [
        {
          actions: ['read', 'publish'],
          systems: ['plant-catalogue'],
          owners: ['group:default/botany-ml'],
          models: ['iris'],
        },
      ],
    };
    const asked = platform()
      .when('GET publishers', () => ({
        items: [
          revoked ? { ...token, revokedAt: '2026-11-02T08:00:00.000Z' } : token,
          {
            id: '2',
            name: 'quickstart',
            createdBy: 'configuration',
            createdAt: '2026-11-01T08:00:00.000Z',
            grants: [{ actions: ['read'], systems: ['*'] }],
          },
        ],
        identities: [
          {
            name: 'github',
            issuer: 'https://ci.test',
            audience: ['http://portal.test'],
            grants: [
              {
                claims: { repository: ['acme/iris'], ref: ['a', 'b'] },
                actions: ['publish'],
                systems: ['plant-catalogue'],
              },
            ],
          },
        ],
      }))
      .when('DELETE publishers/1', () => {
        revoked = true;
        return {};
      });
    await renderOnPlatform(<PublishPage />, asked);
    const row = await screen.findByRole('row', { name: /CI of iris/ });
    expect(row).toHaveTextContent(
      'read, publish: only iris of botany-ml in plant-catalogue',
    );
    const configured = screen.getByRole('row', { name: /quickstart/ });
    expect(configured).toHaveTextContent('from the configuration');
    expect(configured).toHaveTextContent('models of any owner in every system');
    expect(
      within(configured).queryByRole('button', { name: 'Revoke' }),
    ).not.toBeInTheDocument();
    expect(screen.getByRole('region', { name: 'CI jobs' })).toHaveTextContent(
      'github: repository acme/iris, ref a or b',
    );
    await userEvent.click(within(row).getByRole('button', { name: 'Revoke' }));
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('Revoke the token CI of iris?');
    await userEvent.click(
      within(dialog).getByRole('button', { name: 'Revoke' }),
    );
    // Behind the dialog nothing is to be seen until it is done.
    const showRevoked = await screen.findByRole('button', {
      name: 'Show 1 expired or revoked',
    });
    expect(
      screen.queryByRole('row', { name: /CI of iris/ }),
    ).not.toBeInTheDocument();
    await userEvent.click(showRevoked);
    expect(
      await screen.findByRole('row', { name: /CI of iris/ }),
    ).toHaveTextContent('revoked');
  });

  it('says where no token is there', async () => {
    await renderOnPlatform(<PublishPage />, platform());
    expect(
      await screen.findByText(/No token of yours is valid now/),
    ).toBeInTheDocument();
    expect(screen.getByText(/None is set up/)).toBeInTheDocument();
  });

  it('says where tokens cannot be shown', async () => {
    const failing = platform().when('GET publishers', () =>
      FakePlatform.refusal(500, 'Error', 'The database is away'),
    );
    await renderOnPlatform(<PublishPage />, failing);
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'The database is away',
    );
  });

  it('says which right is missing where the token is refused', async () => {
    const refusing = platform().when('POST publishers', () =>
      FakePlatform.refusal(
        403,
        'NotAllowedError',
        'You cannot give the right to publish in system plant-catalogue',
      ),
    );
    await renderOnPlatform(<PublishPage />, refusing);
    await askForToken();
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'You cannot give the right to publish in system plant-catalogue',
    );
  });
});
