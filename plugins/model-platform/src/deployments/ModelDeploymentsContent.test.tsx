import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  Deployment,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { FakePlatform } from '../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../__testUtils__/renderOnPlatform';
import {
  sampleDeployment,
  sampleMetrics,
  sampleModel,
} from '../__testUtils__/samples';
import { ModelDeploymentsContent } from './ModelDeploymentsContent';

const revision = (number: number, version: number): Revision => ({
  number,
  createdAt: '2026-11-02T09:00:00.000Z',
  actor: 'user:default/mira',
  reason: `Version ${version}`,
  variants: [
    {
      name: 'main',
      modelId: 'id-of-iris',
      model: 'iris',
      version,
      weight: 100,
    },
  ],
});

/** A platform with one deployment that really switches. */
function platform(fields: Partial<Deployment> = {}) {
  let deployment = sampleDeployment(fields);
  return new FakePlatform()
    .when('GET models/iris', () => sampleModel())
    .when('GET models/iris/metrics', () => sampleMetrics())
    .when('GET deployments', () => ({ items: [deployment] }))
    .when('GET deployments/iris/revisions', () => ({
      items: [revision(2, 3), revision(1, 2)],
    }))
    .when('POST deployments/iris/off', ({ body }) => {
      const { off, reason } = body as { off: boolean; reason?: string };
      deployment = {
        ...deployment,
        off,
        phase: off ? 'Off' : 'Starting',
        offReason: `Off by mira: ${reason}`,
      };
      return deployment;
    })
    .when('POST deployments/iris/rollback', () => deployment);
}

describe('ModelDeploymentsContent', () => {
  it('says what the next revision waits for, and lets who may approve it', async () => {
    const message = 'The next revision waits for approval by model-risk';
    const iris = platform({
      conditions: [
        {
          type: 'Waiting',
          status: 'True',
          reason: 'WaitingForApproval',
          message,
          lastTransitionAt: '2026-11-02T09:00:00.000Z',
        },
      ],
      request: {
        number: 4,
        state: 'waiting',
        actor: 'platform',
        reason: 'Version 4 was published',
        createdAt: '2026-11-02T09:00:00.000Z',
        variants: [
          {
            name: 'main',
            modelId: 'id-of-iris',
            model: 'iris',
            version: 4,
            weight: 100,
          },
        ],
        breaks: [],
        gates: [],
        problems: [],
        decisions: [],
        mayDecide: true,
      },
    }).when('POST deployments/iris/decisions', () => sampleDeployment());
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(await screen.findByText(message)).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/main would serve version 4/)).toBeInTheDocument();
    await userEvent.type(
      dialog.getByRole('textbox', { name: 'Reason' }),
      'looked at',
    );
    await userEvent.click(dialog.getByRole('button', { name: 'Approve it' }));
    await waitFor(() =>
      expect(
        iris.callsOf('POST deployments/iris/decisions').map(({ body }) => body),
      ).toEqual([{ decision: 'approved', reason: 'looked at', request: 4 }]),
    );
  });

  it('says in numbers what switching off does, and does it only once confirmed', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(await screen.findByText('Serving')).toBeInTheDocument();

    await userEvent.click(screen.getByRole('button', { name: 'Switch off' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(await dialog.findAllByText('1,234')).not.toHaveLength(0);
    expect(dialog.getByText(/2 applications/)).toBeInTheDocument();
    expect(dialog.getByText(/every call is refused/)).toBeInTheDocument();
    await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(iris.callsOf('POST deployments/iris/off')).toEqual([]);

    await userEvent.click(screen.getByRole('button', { name: 'Switch off' }));
    const again = within(await screen.findByRole('dialog'));
    await userEvent.type(
      again.getByRole('textbox', { name: 'Reason' }),
      'under review',
    );
    await userEvent.click(again.getByRole('button', { name: 'Switch off' }));

    expect(await screen.findByText('Switched off')).toBeInTheDocument();
    expect(screen.getByText('Off by mira: under review')).toBeInTheDocument();
    expect(iris.callsOf('POST deployments/iris/off')[0].body).toEqual({
      off: true,
      reason: 'under review',
    });
    expect(
      screen.getByRole('button', { name: 'Switch on' }),
    ).toBeInTheDocument();
  });

  it('rolls back to the revision that was chosen, and tells a refusal in the dialog', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Roll back to this' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/All calls go to v2/)).toBeInTheDocument();

    iris.when('POST deployments/iris/rollback', () =>
      FakePlatform.refusal(409, 'ConflictError', 'Version 2 is archived'),
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Roll back to revision 1' }),
    );
    expect(await dialog.findByRole('alert')).toHaveTextContent(
      'Version 2 is archived',
    );
    expect(iris.callsOf('POST deployments/iris/rollback')[0].body).toEqual({
      revision: 1,
    });
  });

  it('offers nothing to those who may not deploy', async () => {
    await renderOnPlatform(
      <ModelDeploymentsContent />,
      platform({ actions: { deploy: false, createEndpointToken: true } }),
    );
    expect(await screen.findByText('Serving')).toBeInTheDocument();
    expect(await screen.findByText('Revision 1')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: /Switch|Roll back/ }),
    ).not.toBeInTheDocument();
  });
});
