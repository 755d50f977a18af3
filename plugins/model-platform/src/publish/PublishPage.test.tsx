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
