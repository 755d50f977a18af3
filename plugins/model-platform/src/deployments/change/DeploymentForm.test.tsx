import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { DeploymentPlan } from '@model-platform/plugin-model-platform-common';
import { parse } from 'yaml';
import { FakePlatform } from '../../__testUtils__/FakePlatform';
import { renderOnPlatform } from '../../__testUtils__/renderOnPlatform';
import { sampleDeployment, sampleModel } from '../../__testUtils__/samples';
import { DeploymentsPage } from '../DeploymentsPage';
import { ModelDeploymentsContent } from '../ModelDeploymentsContent';

const plan = (fields: Partial<DeploymentPlan> = {}): DeploymentPlan => ({
  name: 'iris',
  action: 'create',
  spec: sampleDeployment().spec,
  changes: [],
  variants: [
    {
      name: 'main',
      modelId: 'id-of-iris',
      model: 'iris',
      version: 3,
      weight: 100,
    },
  ],
  restarts: ['main'],
  revision: 'made',
  gates: [],
  breaks: [],
  quotas: [],
  ...fields,
});

const refusal = (field: string, rule: string, example: unknown) =>
  new Response(
    JSON.stringify({
      error: {
        name: 'InputError',
        message: `The deployment was refused: ${field}: ${rule}`,
        problems: [{ field, rule, example, source: 'platform' }],
      },
      response: { statusCode: 400 },
    }),
    { status: 400, headers: { 'content-type': 'application/json' } },
  );

function platform(deployments = [sampleDeployment()]) {
  return new FakePlatform()
    .when('GET models/iris', () => sampleModel({ aliases: { champion: 3 } }))
    .when('GET models', () => ({ items: [sampleModel()] }))
    .when('GET deployments', () => ({ items: deployments }))
    .when('GET deployment-declarations', () => ({ items: [] }))
    .when('GET deployments/iris/revisions', () => ({ items: [] }))
    .when('GET deployments/iris/history', () => ({ items: [] }));
}

const dialog = async () => within(await screen.findByRole('dialog'));
const document = (shown: ReturnType<typeof within>) =>
  shown.findByRole('textbox', {
    name: 'Deployment',
  }) as Promise<HTMLTextAreaElement>;
const press = async (shown: ReturnType<typeof within>, name: string) =>
  await userEvent.click(shown.getByRole('button', { name }));

/** As a person would who types over what is there. */
async function replace(field: HTMLTextAreaElement, from: string, to: string) {
  const start = field.value.indexOf(from);
  expect(start).toBeGreaterThan(-1);
  field.setSelectionRange(start, start + from.length);
  await userEvent.type(field, to, {
    initialSelectionStart: start,
    initialSelectionEnd: start + from.length,
  });
}

describe('DeploymentForm', () => {
  it('deploys a model: what is wrong stands at its line, then what would happen, then it is applied', async () => {
    const iris = platform([]).when('PUT deployments/iris', ({ query }) =>
      query.get('dryRun')
        ? refusal(
            'spec.environment',
            'there is no such environment; there are: production',
            'production',
          )
        : sampleDeployment(),
    );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Deploy' }),
    );
    const shown = await dialog();
    const field = await document(shown);
    expect(parse(field.value)).toEqual({
      apiVersion: 'model-platform.io/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: 'iris' },
      spec: {
        owner: 'group:default/botany-ml',
        system: 'plant-catalogue',
        environment: 'local',
        model: 'iris',
        variants: [{ name: 'main', version: { alias: 'champion' } }],
        triggers: [{ onAlias: { alias: 'champion' } }],
      },
    });
    expect(shown.getByRole('button', { name: 'Deploy' })).toBeDisabled();

    await press(shown, 'See what would happen');
    const refused = within(await shown.findByRole('alert'));
    expect(refused.getByText('spec.environment')).toBeInTheDocument();
    expect(refused.getByText(/there are: production/)).toBeInTheDocument();
    expect(field).toHaveAttribute('aria-invalid', 'true');
    await press(shown, 'Line 8');
    expect(field).toHaveFocus();
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe(
      '  environment: local',
    );

    await replace(field, 'local', 'production');
    expect(shown.queryByRole('alert')).not.toBeInTheDocument();
    iris.when('PUT deployments/iris', ({ query }) =>
      query.get('dryRun')
        ? plan({
            gates: [
              { gate: {}, holds: false, message: 'waits for model-risk' },
            ],
            quotas: [{ resource: 'runners', limit: 4, used: 1 }],
          })
        : sampleDeployment(),
    );
    await press(shown, 'See what would happen');
    const would = within(
      await shown.findByRole('region', { name: 'What would happen' }),
    );
    expect(would.getByText('iris would be made')).toBeInTheDocument();
    expect(would.getByText(/main: iris version 3, 100 %/)).toBeInTheDocument();
    expect(
      would.getByText('Gate open: waits for model-risk'),
    ).toBeInTheDocument();
    expect(would.getByText('Quota of runners: 1 of 4')).toBeInTheDocument();
    await userEvent.type(
      shown.getByRole('textbox', { name: 'Reason' }),
      'first one',
    );
    await press(shown, 'Deploy');
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    const [applied] = iris
      .callsOf('PUT deployments/iris')
      .filter(({ query }) => !query.has('dryRun'));
    expect(applied.body).toMatchObject({
      kind: 'ModelDeployment',
      metadata: { name: 'iris' },
      spec: { environment: 'production' },
      reason: 'first one',
    });
    // Of one that somebody else made meanwhile nothing is overwritten.
    expect(
      iris
        .callsOf('PUT deployments/iris')
        .map(({ headers }) => headers.get('if-none-match')),
    ).toEqual(['*', '*', '*']);
  });

  it('asks nobody about what is no deployment, and says where', async () => {
    const iris = platform([]);
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Deploy' }),
    );
    const shown = await dialog();
    const field = await document(shown);
    await replace(field, '  name: iris', '\tname: iris');
    await press(shown, 'See what would happen');
    expect(await shown.findByRole('alert')).toHaveTextContent(/Line 4/);
    await userEvent.clear(field);
    await userEvent.type(field, 'kind: Model');
    await press(shown, 'See what would happen');
    const refused = await shown.findByRole('alert');
    expect(refused).toHaveTextContent('must be ModelDeployment');
    expect(refused).toHaveTextContent('metadata.name');
    expect(iris.callsOf('PUT deployments/iris')).toEqual([]);
  });

  it('changes a deployment as it was when it was opened, and shows what would change', async () => {
    const iris = platform().when('PUT deployments/iris', ({ query }) =>
      query.get('dryRun')
        ? plan({
            action: 'change',
            changes: [
              { field: 'spec.resources', to: { replicas: { min: 2, max: 2 } } },
            ],
          })
        : FakePlatform.refusal(
            409,
            'ConflictError',
            'Deployment iris was changed since it was read; read it again',
          ),
    );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Change' }),
    );
    const shown = await dialog();
    const field = await document(shown);
    expect(parse(field.value).spec).toEqual(sampleDeployment().spec);
    await userEvent.type(
      field,
      '  resources: {{ replicas: {{ min: 2, max: 2 } }',
    );
    await press(shown, 'See what would happen');
    const would = within(
      await shown.findByRole('region', { name: 'What would happen' }),
    );
    expect(would.getByText('spec.resources')).toBeInTheDocument();
    expect(
      would.getByText('{"replicas":{"min":2,"max":2}}'),
    ).toBeInTheDocument();
    await press(shown, 'Apply the change');
    expect(await shown.findByText(/read it again/)).toBeInTheDocument();
    const { etag } = sampleDeployment();
    expect(
      iris
        .callsOf('PUT deployments/iris')
        .map(({ headers }) => headers.get('if-match')),
    ).toEqual([etag, etag]);

    // What was written is not lost, and what is there now can be changed instead.
    expect(
      shown.getByRole('button', { name: 'Copy the changed document' }),
    ).toBeInTheDocument();
    const newer = sampleDeployment({
      etag: '"3"',
      spec: { ...sampleDeployment().spec, limits: { concurrentCalls: 5 } },
    });
    iris.when('GET deployments/iris', () => newer);
    await press(shown, 'Load what is there now');
    await waitFor(() => expect(parse(field.value).spec).toEqual(newer.spec));
    expect(shown.queryByText(/read it again/)).not.toBeInTheDocument();
    iris.when('PUT deployments/iris', ({ query }) =>
      query.get('dryRun') ? plan({ action: 'change' }) : newer,
    );
    await press(shown, 'See what would happen');
    await shown.findByRole('region', { name: 'What would happen' });
    await press(shown, 'Apply the change');
    await waitFor(() =>
      expect(screen.queryByRole('dialog')).not.toBeInTheDocument(),
    );
    expect(
      iris.callsOf('PUT deployments/iris').at(-1)?.headers.get('if-match'),
    ).toBe('"3"');
  });

  it('keeps the text as it is while the platform is asked about it', async () => {
    let answer: (response: Response) => void = () => {};
    const iris = platform().when(
      'PUT deployments/iris',
      async () =>
        await new Promise<Response>(resolve => {
          answer = resolve;
        }),
    );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Change' }),
    );
    const shown = await dialog();
    const field = await document(shown);
    const asked = field.value;
    await press(shown, 'See what would happen');
    await waitFor(() =>
      expect(iris.callsOf('PUT deployments/iris')).toHaveLength(1),
    );
    await userEvent.type(field, '# more{Enter}', {
      initialSelectionStart: 0,
      initialSelectionEnd: 0,
    });
    expect(field.value).toBe(asked);
    answer(refusal('spec.environment', 'there is none', 'production'));
    await shown.findByRole('alert');
    await press(shown, 'Line 7');
    expect(field.value.slice(field.selectionStart, field.selectionEnd)).toMatch(
      /environment/,
    );
    await userEvent.type(field, '# more');
    expect(field.value).toMatch(/# more/);
  });

  it('takes a change of what Git declares to its file, and applies nothing', async () => {
    const source = 'url:https://github.com/acme/iris/tree/main/d.yaml';
    const declared = sampleDeployment({ source });
    const text = `# For the greenhouse
apiVersion: model-platform.io/v1alpha1
kind: ModelDeployment
metadata: { name: iris }
spec:
  limits: { concurrentCalls: 5 } # measured in May
`;
    const iris = platform([declared])
      .when('PUT deployments/iris', () =>
        plan({ action: 'none', revision: 'none', declaredIn: source }),
      )
      .when('GET deployments/iris/declaration', () =>
        FakePlatform.refusal(503, 'ServiceUnavailableError', 'Git is away'),
      );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    expect(
      await screen.findByRole('link', { name: new RegExp(source.slice(4)) }),
    ).toHaveAttribute('href', source.slice(4));
    await userEvent.click(screen.getByRole('button', { name: 'Change' }));
    const shown = await dialog();
    expect(
      await shown.findByText('It is declared in Git, and changed there'),
    ).toBeInTheDocument();
    await waitFor(() =>
      expect(shown.getByRole('link', { name: /Edit in Git/ })).toHaveAttribute(
        'href',
        'https://github.com/acme/iris/edit/main/d.yaml',
      ),
    );
    expect(
      shown.getByRole('button', { name: 'Copy the changed document' }),
    ).toBeInTheDocument();
    expect(shown.getByRole('status')).toHaveTextContent(/Git is away/);
    expect(parse((await document(shown)).value).spec).toEqual(declared.spec);
    expect(shown.queryByRole('region', { name: 'Proposed change' })).toBeNull();

    iris.when('GET deployments/iris/declaration', () => ({
      location: source,
      path: 'd.yaml',
      line: 11,
      text,
      next: '---',
    }));
    await press(shown, 'Try again');
    await waitFor(async () => expect(await document(shown)).toHaveValue(text));
    expect(shown.queryByRole('status')).toBeNull();
    const proposed = within(
      shown.getByRole('region', { name: 'Proposed change' }),
    );
    expect(proposed.getByText(/None yet/)).toBeInTheDocument();
    await replace(await document(shown), 'Calls: 5', 'Calls: 9');
    expect(
      proposed.getByRole('region', { name: 'Difference to the file in Git' })
        .textContent,
    ).toBe(
      [
        '--- a/d.yaml',
        '+++ b/d.yaml',
        '@@ -13,5 +13,5 @@',
        ' kind: ModelDeployment',
        ' metadata: { name: iris }',
        ' spec:',
        '-  limits: { concurrentCalls: 5 } # measured in May',
        '+  limits: { concurrentCalls: 9 } # measured in May',
        ' ---',
      ].join(''),
    );
    expect(proposed.getByText(/Calls: 5/).tagName).toBe('DEL');
    expect(proposed.getByText(/Calls: 9/).tagName).toBe('INS');
    expect(
      proposed.getByRole('button', { name: 'Copy the patch' }),
    ).toBeInTheDocument();

    await press(shown, 'See what would happen');
    expect(await shown.findByText('iris is so already')).toBeInTheDocument();
    expect(shown.queryByRole('button', { name: /Apply/ })).toBeNull();

    // What was written stays where the file goes away meanwhile.
    const [available] = declared.conditions;
    iris.when('GET deployments', () => ({
      items: [
        {
          ...declared,
          orphanedAt: '2026-11-02T09:00:00.000Z',
          conditions: [
            { ...available, type: 'Orphaned', message: 'The file is gone' },
          ],
        },
      ],
    }));
    await waitFor(
      () => expect(screen.getAllByText('The file is gone')).not.toHaveLength(0),
      { timeout: 40_000 },
    );
    expect((await document(shown)).value).toMatch(/Calls: 9/);
  }, 120_000);

  it('loses nothing that is written while the file in Git cannot be read', async () => {
    const source = 'url:https://github.com/acme/iris/tree/feature/x/d.yaml';
    let answer: (response: unknown) => void = () => {};
    const away = () =>
      FakePlatform.refusal(503, 'ServiceUnavailableError', 'Git is away');
    const iris = platform([sampleDeployment({ source })]).when(
      'GET deployments/iris/declaration',
      away,
    );
    await renderOnPlatform(<ModelDeploymentsContent />, iris);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Change' }),
    );
    const shown = await dialog();
    const field = await document(shown);
    const wanted = field.value;
    expect(shown.getByRole('status')).toHaveTextContent(/Git is away/);
    await userEvent.type(field, '#');
    expect(shown.queryByRole('button', { name: 'Try again' })).toBeNull();
    await userEvent.type(field, '{Backspace}');
    expect(field).toHaveValue(wanted);
    await press(shown, 'Try again');
    await waitFor(() =>
      expect(iris.callsOf('GET deployments/iris/declaration')).toHaveLength(2),
    );
    expect(await shown.findByRole('status')).toHaveTextContent(/Git is away/);

    iris.when(
      'GET deployments/iris/declaration',
      async () =>
        await new Promise(resolve => {
          answer = resolve;
        }),
    );
    await waitFor(() => expect(field).not.toHaveAttribute('readonly'));
    await press(shown, 'Try again');
    await waitFor(() =>
      expect(iris.callsOf('GET deployments/iris/declaration')).toHaveLength(3),
    );
    await userEvent.type(field, '# lost');
    expect(field).toHaveValue(wanted);
    const text = `# For the greenhouse\n${wanted}`;
    answer({ location: source, line: 1, text });
    await waitFor(() => expect(field).toHaveValue(text));
    expect(shown.queryByRole('status')).toBeNull();

    // Which file it is, is not sure, so git could not take it.
    await replace(field, 'greenhouse', 'garden');
    const proposed = within(
      shown.getByRole('region', { name: 'Proposed change' }),
    );
    expect(proposed.getByText('-# For the greenhouse').tagName).toBe('DEL');
    expect(proposed.getByText('+# For the garden').tagName).toBe('INS');
    expect(
      proposed.queryByRole('button', { name: 'Copy the patch' }),
    ).toBeNull();
    expect(proposed.getByText(/does not say for sure/)).toBeInTheDocument();
  });

  it('begins on the page of all deployments with the model', async () => {
    // Behind very many of other models.
    const iris = platform().when('GET deployments', ({ query }) => ({
      items: query.get('model') === 'iris' ? [sampleDeployment()] : [],
    }));
    await renderOnPlatform(<DeploymentsPage />, iris);
    expect(
      await screen.findByText(/gives a model an endpoint/),
    ).toHaveTextContent(/applications call\. New deployment makes one/);
    const open = async () => {
      await userEvent.click(
        await screen.findByRole('button', { name: 'New deployment' }),
      );
      const shown = await dialog();
      await userEvent.type(
        await shown.findByRole('combobox', { name: 'Model' }),
        'ir',
      );
      await userEvent.click(
        await screen.findByRole('option', { name: 'iris' }),
      );
      return shown;
    };
    const shown = await open();
    // The name of the model is taken by the deployment that there is.
    expect(parse((await document(shown)).value).metadata.name).toBe('iris-2');
    // What was written stays while one looks for another model, found or not.
    const field = await document(shown);
    await userEvent.type(field, '# mine');
    const chooser = shown.getByRole('combobox', { name: 'Model' });
    iris.when('GET models', () =>
      FakePlatform.refusal(503, 'ServiceUnavailableError', 'search is away'),
    );
    await userEvent.clear(chooser);
    await userEvent.type(chooser, 'r');
    expect(await shown.findByText('search is away')).toBeInTheDocument();
    expect(chooser).toBeInTheDocument();
    expect(chooser).toHaveValue('r');
    expect(field).toBeInTheDocument();
    expect(field.value).toMatch(/# mine/);
    await userEvent.tab();
    iris.when('GET models', () => ({ items: [sampleModel()] }));
    await userEvent.click(shown.getByRole('button', { name: 'Cancel' }));

    iris.when('GET models/iris', () =>
      sampleModel({ actions: { ...sampleModel().actions!, deploy: false } }),
    );
    expect(
      await (await open()).findByText(/You may not deploy iris; botany-ml may/),
    ).toBeInTheDocument();
  });
});
