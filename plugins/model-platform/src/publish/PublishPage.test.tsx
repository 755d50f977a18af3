import { screen, waitFor } from '@testing-library/react';
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
  new FakePlatform().when('GET metadata-schemas/ml', () => ({
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
