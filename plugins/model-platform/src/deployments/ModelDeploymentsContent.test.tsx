import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  CanaryStatus,
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
    .when('GET deployments/iris/history', () => ({
      items: [
        {
          id: '9',
          at: '2026-11-02T09:10:00.000Z',
          actor: 'platform',
          action: 'canary-rolled-back',
          reason: 'error ratio 12.3 % of 412 calls, bound 5 %',
          details: { revision: 3, stable: 2 },
        },
      ],
    }))
    .when('POST deployments/iris/rollback', () => deployment)
    .when('POST deployments/iris/abort', () => deployment)
    .when('POST deployments/iris/pause', ({ body }) => {
      const { reason } = body as { reason?: string };
      deployment = {
        ...deployment,
        overrides: [
          {
            kind: 'pause',
            by: 'user:default/mira',
            since: '2026-11-02T09:00:00.000Z',
            reason,
          },
        ],
      };
      return deployment;
    })
    .when('POST deployments/iris/resume', () => deployment)
    .when('DELETE deployments/iris/override', () => {
      deployment = { ...deployment, overrides: [], drift: [] };
      return deployment;
    });
}

const canary: CanaryStatus = {
  revision: 3,
  stableRevision: 2,
  stable: revision(2, 3).variants,
  phase: 'progressing',
  step: 2,
  steps: 3,
  weight: 25,
  startedAt: '2026-11-02T09:00:00.000Z',
  since: '2026-11-02T09:05:00.000Z',
  waitsFor: 'person',
  analysis: [
    {
      metric: 'error ratio',
      verdict: 'passed',
      value: 0.01,
      calls: 412,
      stableCalls: 1236,
      message: 'error ratio 1 % of 412 calls',
    },
  ],
};

describe('ModelDeploymentsContent', () => {
  it('says what the next revision waits for, and lets who may approve it', async () => {
    const iris = platform({
      request: {
        number: 4,
        state: 'waiting',
        actor: 'token:release (9f8e, made by user:default/mira)',
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
        gates: [
          {
            gate: { approval: { by: 'group:default/model-risk' } },
            holds: false,
            message: 'waits for approval by model-risk',
          },
        ],
        problems: [],
        decisions: [],
        mayDecide: true,
      },
    }).when('POST deployments/iris/decisions', () => sampleDeployment());
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(
      await screen.findByText(
        'The next revision waits for approval by model-risk',
      ),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/by token release of mira: Version 4 was published/),
    ).toBeInTheDocument();
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

  it('closes an approval whose request another one has taken the place of', async () => {
    const waiting = (number: number, version: number) => ({
      number,
      state: 'waiting' as const,
      actor: 'user:default/arun',
      reason: `Version ${version} was published`,
      createdAt: '2026-11-02T09:00:00.000Z',
      variants: revision(number, version).variants,
      breaks: [],
      gates: [],
      problems: [],
      decisions: [],
      mayDecide: true,
    });
    const iris = platform({ request: waiting(4, 4) });
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Approve' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/main would serve version 4/)).toBeInTheDocument();

    iris.when('GET deployments', () => ({
      items: [sampleDeployment({ request: waiting(5, 5) })],
    }));
    await waitFor(
      () => expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
      { timeout: 20_000 },
    );
    expect(screen.getByText(/main would serve version 5/)).toBeInTheDocument();
    expect(iris.callsOf('POST deployments/iris/decisions')).toEqual([]);
  }, 120_000);

  it('says in numbers what switching off does, and does it only once confirmed', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(await screen.findAllByText('Serving')).not.toHaveLength(0);

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
    await userEvent.click(
      dialog.getByRole('checkbox', { name: /never had all traffic/ }),
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Roll back to revision 1' }),
    );
    await userEvent.click(
      dialog.getByRole('checkbox', { name: /breaks the signature/ }),
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Roll back to revision 1' }),
    );
    await waitFor(() =>
      expect(
        iris.callsOf('POST deployments/iris/rollback').map(({ body }) => body),
      ).toEqual([
        { revision: 1 },
        { revision: 1, allowUnserved: true },
        { revision: 1, allowUnserved: true, allowBreaking: true },
      ]),
    );
  });

  it('offers every revision that is known', async () => {
    const numbers = Array.from({ length: 12 }, (_, index) => 12 - index);
    const iris = platform().when(
      'GET deployments/iris/revisions',
      ({ query }) => {
        const limit = Number(query.get('limit'));
        return {
          items: numbers
            .slice(0, limit)
            .map(number => revision(number, number)),
          nextCursor: limit < numbers.length ? '3' : undefined,
        };
      },
    );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(await screen.findByText('Revision 3')).toBeInTheDocument();
    expect(screen.queryByText('Revision 1')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    const oldest = (await screen.findByText('Revision 1')).closest('li')!;
    expect(
      within(oldest).getByRole('button', { name: 'Roll back to this' }),
    ).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
    // However many are shown, they are one question.
    expect(
      iris
        .callsOf('GET deployments/iris/revisions')
        .filter(({ query }) => query.has('cursor')),
    ).toEqual([]);
  });

  it('shows its conditions as the API has them, their times by the clock here, and which spec they were said of', async () => {
    const [available] = sampleDeployment().conditions;
    await renderOnPlatform(
      <ModelDeploymentsContent />,
      platform({
        generation: 3,
        conditions: [
          available,
          {
            type: 'Degraded',
            status: 'False',
            reason: 'AsWanted',
            message: 'as it was until 2026-11-02T09:05:00.000Z',
            lastTransitionTime: '2026-11-02T09:00:10.000Z',
            lastTransitionAt: '2026-11-02T09:00:10.000Z',
            observedGeneration: 3,
          },
        ],
      }),
    );
    const conditions = within(
      await screen.findByRole('region', { name: 'Conditions of iris' }),
    );
    expect(
      conditions
        .getAllByRole('row')
        .map(row => [...row.children].map(({ textContent }) => textContent))
        .map(cells => cells.filter((_, index) => index !== 4)),
    ).toEqual([
      ['Condition', 'Status', 'Reason', 'Message', 'Spec'],
      [
        'Available',
        'True',
        'Serving',
        'Revision 2 serves all traffic',
        '2, not yet 3',
      ],
      [
        'Degraded',
        'False',
        'AsWanted',
        expect.stringMatching(/^as it was until \d Nov, \d\d:05:00$/),
        '3',
      ],
    ]);
  });

  it('pauses and resumes what is no canary', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(await screen.findByRole('button', { name: 'Pause' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.type(
      dialog.getByRole('textbox', { name: 'Reason' }),
      'audit',
    );
    await userEvent.click(dialog.getByRole('button', { name: 'Pause' }));
    await userEvent.click(
      await screen.findByRole('button', { name: 'Resume' }),
    );
    const again = within(await screen.findByRole('dialog'));
    await userEvent.click(again.getByRole('button', { name: 'Resume' }));
    await waitFor(() =>
      expect(iris.callsOf('POST deployments/iris/resume')).toHaveLength(1),
    );
    expect(iris.callsOf('POST deployments/iris/pause')[0].body).toEqual({
      reason: 'audit',
    });
  });

  it('keeps open what one writes about a pause when a canary begins or it goes off', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(await screen.findByRole('button', { name: 'Pause' }));
    const dialog = within(await screen.findByRole('dialog'));
    const reason = dialog.getByRole('textbox', { name: 'Reason' });
    await userEvent.type(reason, 'audit');
    expect(dialog.getByText(/What serves goes on serving/)).toBeVisible();
    const becomes = (fields: Partial<Deployment>) =>
      iris.when('GET deployments', () => ({
        items: [sampleDeployment(fields)],
      }));
    becomes({ phase: 'Canary', canary: { ...canary, waitsFor: 'time' } });
    expect(
      await dialog.findByText(
        /Revision 3 keeps 25 % of the calls/,
        {},
        { timeout: 20_000 },
      ),
    ).toBeInTheDocument();
    becomes({ phase: 'Off', off: true });
    expect(
      await dialog.findByText(/It stays off/, {}, { timeout: 20_000 }),
    ).toBeInTheDocument();
    expect(reason).toBeInTheDocument();
    expect(reason).toHaveValue('audit');
  }, 120_000);

  it('shows what another portal wrote into the history, which sends no signal here', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    const happened = await screen.findByRole('list', {
      name: 'What happened to iris',
    });
    iris.when('GET deployments/iris/history', () => ({
      items: [
        {
          id: '10',
          at: '2026-11-02T09:11:00.000Z',
          actor: 'user:default/mira',
          action: 'off',
        },
      ],
    }));
    await waitFor(() => expect(happened).toHaveTextContent('Switched off'), {
      timeout: 40_000,
    });
  }, 120_000);

  it('shows how far a canary has come, what it says, and lets a person decide with a reason', async () => {
    const iris = platform({
      phase: 'Canary',
      revision: revision(3, 4),
      canary,
    });
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    const shown = within(
      await screen.findByRole('region', { name: 'Canary of iris' }),
    );
    expect(
      shown.getByText(/Step 2 of 3, 25 % of the calls; a person decides/),
    ).toBeInTheDocument();
    expect(
      screen.getByText('main v3, 75 % · main v4, 25 %'),
    ).toBeInTheDocument();
    expect(shown.getByText('error ratio 1 % of 412 calls')).toBeInTheDocument();
    expect(
      await screen.findByRole('list', { name: 'What happened to iris' }),
    ).toHaveTextContent(
      /^Canary of revision 3 rolled back to revision 2.* by platform: error ratio 12.3 % of 412 calls, bound 5 %$/,
    );

    await userEvent.click(shown.getByRole('button', { name: 'Abort' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/loses its 25 % of the calls/)).toBeInTheDocument();
    await userEvent.type(
      dialog.getByRole('textbox', { name: 'Reason' }),
      'not today',
    );
    await userEvent.click(dialog.getByRole('button', { name: 'Abort' }));
    await waitFor(() =>
      expect(iris.callsOf('POST deployments/iris/abort')[0]?.body).toEqual({
        reason: 'not today',
      }),
    );
  });

  it('shows who gets the calls while another revision is wanted', async () => {
    const iris = platform({
      phase: 'Degraded',
      revision: revision(2, 3),
      serving: revision(1, 2),
      servingRevision: 1,
    });
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(
      await screen.findByText('main v2, 100 %', { exact: false }),
    ).toBeInTheDocument();
    expect(screen.queryByText(/main v3, 100 %/)).not.toBeInTheDocument();
  });

  it('says until when a canary stays at its step, as other times are said', async () => {
    const until = '2026-11-02T22:26:45.000Z';
    const iris = platform({
      phase: 'Canary',
      revision: revision(3, 4),
      canary: { ...canary, waitsFor: 'time', until },
    });
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    const shown = await screen.findByRole('region', { name: 'Canary of iris' });
    expect(shown).toHaveTextContent(
      /Step 2 of 3, 25 % of the calls; at this step since .*, at least until 2 Nov, \d\d:26:45/,
    );
    expect(shown.querySelector(`time[datetime="${until}"]`)).not.toBeNull();
  });

  it('counts the runners of what serves, and not of the same version that is tried beside it', async () => {
    const complaints = jest.spyOn(console, 'error');
    const [runner] = sampleDeployment().runners;
    const iris = platform({
      phase: 'Canary',
      revision: revision(3, 3),
      canary,
      replicas: { ready: 1, asleep: false },
      runners: [runner, { ...runner, id: 'iris-main-3', revision: 3 }],
    });
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(await screen.findByText('1 of 1')).toBeInTheDocument();
    expect(
      screen.getByText('main v3, 75 % · main v3, 25 %'),
    ).toBeInTheDocument();
    expect(complaints.mock.calls.map(String).join()).not.toMatch(/same key/);
    complaints.mockRestore();
  });

  it('says what a person put beside the file, and lifts it', async () => {
    const sentence =
      'The file says main at champion; overridden by user:default/mira since 2026-11-02T09:00:00.000Z: paused';
    const iris = platform({
      overrides: [
        {
          kind: 'pause',
          by: 'user:default/mira',
          since: '2026-11-02T09:00:00.000Z',
        },
      ],
      drift: [sentence, 'champion is 8, serving 7'],
    });
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    const shown = (await screen.findByText('Differs from the file'))
      .parentElement!;
    // Who and when as everywhere on the page.
    expect(shown).toHaveTextContent(
      /The file says main at champion; overridden by mira .* ago: paused.*champion is 8, serving 7/,
    );
    expect(shown).not.toHaveTextContent(/T09:00|user:default/);
    await userEvent.click(screen.getByRole('button', { name: 'Lift' }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Lift' }));
    await waitFor(() =>
      expect(screen.queryByText('Differs from the file')).toBeNull(),
    );
  });

  it('deletes what was looked at, once its name is typed', async () => {
    const iris = platform();
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    const open = async () => {
      await userEvent.click(
        await screen.findByRole('button', { name: 'Delete' }),
      );
      return within(await screen.findByRole('dialog'));
    };
    let dialog = await open();
    expect(await dialog.findByText(/2 applications/)).toBeInTheDocument();
    expect(dialog.getByText(/answered with 404/)).toBeInTheDocument();
    const does = () => dialog.getByRole('button', { name: 'Delete iris' });
    const typed = () => dialog.getByRole('textbox', { name: /type its name/ });
    await userEvent.type(typed(), 'iri');
    expect(does()).toBeDisabled();
    await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());

    dialog = await open();
    expect(typed()).toHaveValue('');
    // Somebody changes it while it is looked at.
    const now = sampleDeployment({ etag: '"3"' });
    let items = [now];
    iris
      .when('GET deployments', () => ({ items }))
      .when('GET deployments/iris', () => now)
      .when('DELETE deployments/iris', ({ headers }) => {
        if (headers.get('if-match') !== now.etag)
          return FakePlatform.refusal(
            409,
            'ConflictError',
            'Deployment iris was changed since it was read',
          );
        items = [];
        return new Response(undefined, { status: 204 });
      });
    await userEvent.type(
      dialog.getByRole('textbox', { name: 'Reason' }),
      'replaced',
    );
    await userEvent.type(typed(), 'iris');
    await userEvent.click(does());
    expect(await dialog.findByRole('alert')).toHaveTextContent(
      'was changed since it was read',
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Load what is there now' }),
    );
    // It is another one: its name is typed anew.
    await waitFor(() => expect(typed()).toHaveValue(''));
    expect(dialog.queryByRole('alert')).toBeNull();
    await userEvent.type(typed(), 'iris');
    await userEvent.click(does());
    expect(
      await screen.findByText(/Nothing serves this model yet/),
    ).toBeInTheDocument();
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(
      iris
        .callsOf('DELETE deployments/iris')
        .map(({ headers, query }) => [
          headers.get('if-match'),
          query.get('reason'),
        ]),
    ).toEqual([
      ['"2"', 'replaced'],
      ['"3"', 'replaced'],
    ]);
  }, 120_000);

  it('says where a deployment of Git is removed, and deletes one whose file is gone', async () => {
    const file = 'https://git.test/iris/model-deployment.yaml';
    const declared = sampleDeployment({ source: `url:${file}` });
    const iris = platform()
      .when('GET deployments/iris', () => declared)
      .when('DELETE deployments/iris', () =>
        FakePlatform.refusal(409, 'ConflictError', 'It is declared in Git'),
      );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Delete' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    // A file declares it while the dialog is open.
    await userEvent.type(
      dialog.getByRole('textbox', { name: /type its name/ }),
      'iris',
    );
    await userEvent.click(dialog.getByRole('button', { name: 'Delete iris' }));
    expect(await dialog.findByRole('alert')).toHaveTextContent(
      'It is declared in Git',
    );
    await userEvent.click(
      dialog.getByRole('button', { name: 'Load what is there now' }),
    );
    expect(
      await dialog.findByText('It is declared in Git, and removed there'),
    ).toBeInTheDocument();
    expect(dialog.getByRole('link')).toHaveAttribute('href', file);
    expect(dialog.queryByRole('textbox')).toBeNull();
    expect(dialog.queryByRole('button', { name: /^Delete/ })).toBeNull();

    await userEvent.click(dialog.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    iris.when('GET deployments', () => ({
      items: [{ ...declared, orphanedAt: '2026-11-02T09:00:00.000Z' }],
    }));
    await waitFor(() => expect(screen.getByText(file)).toBeInTheDocument(), {
      timeout: 40_000,
    });
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    expect(
      within(await screen.findByRole('dialog')).getByRole('button', {
        name: 'Delete iris',
      }),
    ).toBeInTheDocument();
  }, 120_000);

  it('offers nothing to those who may not deploy', async () => {
    await renderOnPlatform(
      <ModelDeploymentsContent />,
      platform({ actions: { deploy: false, createEndpointToken: true } }),
    );
    expect(await screen.findAllByText('Serving')).not.toHaveLength(0);
    expect(await screen.findByText('Revision 1')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', {
        name: /Switch|Roll back|Pause|Change|Delete/,
      }),
    ).not.toBeInTheDocument();
  });
});
