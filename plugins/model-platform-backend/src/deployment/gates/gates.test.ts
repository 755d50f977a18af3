import { TestDatabases } from '@backstage/backend-test-utils';
import { age, score } from '../__testUtils__/TestModels';
import { isCanaried } from '../canary/canaryOf';
import { DeploymentStatus } from '../store/DeploymentRecord';
import {
  mira,
  person,
  TestDeployments,
} from '../__testUtils__/TestDeployments';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const HOUR = 3_600_000;
const approval = { approval: { by: 'model-risk' } };
const byRisk = { approval: { by: 'group:default/model-risk' } };
const region = { name: 'region', type: 'string' } as const;

describe.each(databases.eachSupportedId())('gates in %p', id => {
  async function setup(environments?: object[]) {
    const test = await TestDeployments.create(
      await databases.init(id),
      environments,
    );
    test.models.add('churn');
    test.models.publish('churn', 1);
    return test;
  }

  it('keeps to one signature: a revision that breaks it is refused by field, or allowed', async () => {
    const test = await setup();
    await test.apply();
    // As long as nothing served, nobody relies on anything.
    test.models.publish('churn', 2, {
      signature: { inputs: [age, region], outputs: [score] },
    });
    expect(await test.refusals({})).toEqual([]);
    await test.serve();

    test.models.publish('churn', 3, {
      signature: { inputs: [{ ...age, type: 'string' }], outputs: [] },
    });
    const refusals = [
      'signature.inputs.age: has the type string instead of integer',
      'signature.inputs.region: was removed',
      'signature.outputs.score: was removed',
    ].map(text => expect.stringContaining(text));
    expect(await test.refusals({})).toEqual(refusals);
    expect(await test.state()).toMatchObject({ revision: 2, versions: [2] });

    // The trigger is no other door: it waits, and says why.
    expect(await test.look()).toMatchObject({ revision: 2, waitingRequest: 1 });
    expect((await test.state()).waiting).toContain(
      'signature.inputs.region: was removed',
    );
    await test.look();
    expect((await test.state()).request).toMatchObject({
      number: 1,
      breaks: [{ field: 'inputs.age' }, { field: 'inputs.region' }, {}],
    });

    // Who allows a break says so for others: somebody else has to agree.
    expect(await test.refusals({ allowBreaking: true })).toEqual([
      expect.stringMatching(
        /^spec.allowBreaking: needs somebody's approval, since inputs.age has the type string.* add a gate to spec.gates/,
      ),
    ]);
    const of = 'breaking' as const;
    await test.apply({
      allowBreaking: true,
      gates: [{ approval: { by: 'model-risk', of } }],
    });
    expect((await test.state()).revision).toBe(2);
    await test.decide('rosa');
    await test.look();
    expect(await test.state()).toMatchObject({
      revision: 3,
      versions: [3],
      waiting: undefined,
    });
    await test.serve();

    // Back is a break as well, which a person has to want.
    await test.apply({ variants: [{ name: 'main', version: { number: 3 } }] });
    const { deployments } = test;
    await expect(
      deployments.rollback('churn', mira, { revision: 2 }),
    ).rejects.toThrow(/signature.inputs.region: is a new required input/);
    await deployments.rollback('churn', mira, {
      revision: 2,
      allowBreaking: true,
    });
    expect((await test.state()).versions).toEqual([2]);
  });

  it('lets no variants differ in what they take', async () => {
    const test = await setup();
    test.models.publish('churn', 2, {
      signature: {
        inputs: [age, { ...region, optional: true }],
        outputs: [score],
      },
    });
    test.models.publish('churn', 3, {
      signature: { inputs: [{ ...age, type: 'string' }], outputs: [score] },
    });
    const variants = (other: number) => [
      { name: 'old', version: { number: 1 }, weight: 10 },
      { name: 'new', version: { number: other }, weight: 90 },
    ];
    expect(
      await test.refusals({ allowBreaking: true, variants: variants(3) }),
    ).toEqual([
      'spec.variants[0].version: inputs.age has the type integer instead of string, unlike in the variant new; all variants take the one signature that the endpoint publishes',
    ]);
    expect(await test.refusals({ variants: variants(2) })).toEqual([]);
  });

  it('waits for four eyes, and makes what they saw', async () => {
    const test = await setup();
    await test.apply({ gates: [approval] });
    expect(await test.state()).toEqual({
      revision: undefined,
      versions: undefined,
      waiting:
        'The next revision (Applied), asked for by user:default/mira since 2026-03-02T09:00:00.000Z: waits for approval by a member of group:default/model-risk',
      request: expect.objectContaining({ state: 'waiting', number: 1 }),
    });
    expect(test.announced).toEqual(['requested']);
    // The same again asks for nothing more.
    await test.apply({ gates: [approval] });
    expect((await test.state()).request?.number).toBe(1);

    await expect(test.decide('mira')).rejects.toThrow(
      'you asked for this revision',
    );
    await expect(test.decide('dana')).rejects.toThrow(
      'approved by a member of group:default/model-risk',
    );
    await test.decide('rosa');
    await expect(test.decide('rosa')).rejects.toThrow('already');
    await test.look();
    expect(await test.state()).toMatchObject({
      revision: 1,
      versions: [1],
      waiting: undefined,
    });
    await test.serve();
    const record = await test.deployments.get('churn');
    expect(await test.store.requests.get(record.id, 1)).toMatchObject({
      state: 'made',
      revision: 1,
      decisions: [
        {
          decision: 'approved',
          approver: 'user:default/rosa',
          groups: ['group:default/model-risk'],
          reason: 'Looked at',
          at: '2026-03-02T09:00:00.000Z',
        },
      ],
    });
    expect(
      (await test.store.history(record, { limit: 10 })).map(
        ({ action, actor }) => [action, actor],
      ),
    ).toEqual([
      ['gates-passed', 'platform'],
      ['approved', 'user:default/rosa'],
      ['applied', 'user:default/mira'],
    ]);

    // What a trigger asks for is asked by who published it; the old one serves.
    test.models.publish('churn', 2);
    await test.look();
    expect(await test.state()).toMatchObject({
      revision: 1,
      waiting: expect.stringContaining('Version 2 was published'),
    });
    await expect(test.decide('mira')).rejects.toThrow('you asked for');
    // Approved, and overtaken before it was made: what nobody saw is not made.
    await test.decide('rosa');
    test.models.publish('churn', 3, { responsible: 'user:default/rosa' });
    await test.look();
    expect(await test.state()).toMatchObject({
      revision: 1,
      request: { number: 3, decisions: [], variants: [{ version: 3 }] },
    });
    expect(await test.store.requests.get(record.id, 2)).toMatchObject({
      state: 'superseded',
      closedReason: 'Version 3 was published',
    });
    await expect(test.decide('rolf', 'approved', 2)).rejects.toThrow(
      'does not wait any more',
    );
    await expect(test.decide('rosa')).rejects.toThrow('you asked for');

    await test.decide('rolf', 'refused');
    await test.look();
    expect(await test.state()).toMatchObject({ revision: 1, versions: [1] });
    expect((await test.state()).request).toBeUndefined();
    await expect(test.decide('rolf')).rejects.toThrow(
      'Request 3 of churn does not',
    );
    expect(await test.store.requests.get(record.id, 3)).toMatchObject({
      state: 'refused',
      closedReason: 'Refused by user:default/rolf: Looked at',
    });

    // Who takes the gate away waits for it once more.
    await test.apply({ gates: [] });
    expect((await test.state()).waiting).toContain('waits for approval');
    await test.apply({ gates: undefined });
    expect((await test.state()).waiting).toContain('waits for approval');
    await test.decide('rolf');
    await test.look();
    expect((await test.state()).versions).toEqual([3]);
    test.models.publish('churn', 4);
    await test.look();
    expect((await test.state()).versions).toEqual([4]);
  });

  it('supersedes what waits when the spec, or what it means, changes', async () => {
    const test = await setup();
    const model = test.models.add('churn', { aliases: { champion: 1 } });
    const gates = [{ approval: { by: 'model-risk', count: 2 } }];
    const variants = [{ name: 'main', version: { alias: 'champion' } }];
    await test.apply({ gates, variants });
    await test.decide('rosa');
    await test.look();
    expect((await test.state()).waiting).toContain('(1 of 2 given)');
    // No trigger follows the alias, but what is approved is what is made.
    test.models.publish('churn', 2);
    model.aliases.champion = 2;
    await test.look();
    expect((await test.state()).request).toMatchObject({
      number: 2,
      actor: 'user:default/mira',
      variants: [{ version: 2 }],
      decisions: [],
    });
    await test.decide('rosa');
    await test.decide('rolf');
    await test.look();
    expect(await test.state()).toMatchObject({ revision: 1, versions: [2] });

    await test.apply({
      gates,
      variants: [{ name: 'main', version: { number: 1 } }],
    });
    expect((await test.state()).request).toMatchObject({ number: 3 });
    // What is there is wanted again.
    await test.apply({ gates, variants });
    expect(await test.state()).toMatchObject({
      revision: 1,
      request: undefined,
    });
    await test.apply({
      gates,
      variants: [{ name: 'main', version: { number: 1 } }],
    });
    const { id: deploymentId } = await test.deployments.get('churn');
    await test.deployments.delete('churn', mira);
    expect(await test.store.requests.get(deploymentId, 4)).toMatchObject({
      state: 'withdrawn',
    });
  });

  it('lets the breaks that an unapproved spec allows free nothing', async () => {
    const test = await setup();
    test.models.publish('churn', 2, {
      signature: { inputs: [age, region], outputs: [score] },
    });
    const number = (version: number) => [
      { name: 'main', version: { number: version } },
    ];
    await test.apply({ variants: number(1) });
    await test.serve();
    const gates = [approval];
    await test.apply({ gates, allowBreaking: true, variants: number(2) });
    await test.decide('rosa');
    await test.look();
    await test.serve();
    await test.apply({ gates, variants: number(2) });
    await test.apply({ gates, allowBreaking: true, variants: number(1) });
    expect((await test.state()).waiting).toContain('waits for approval');
    await expect(
      test.deployments.rollback('churn', mira, { revision: 1 }),
    ).rejects.toThrow(/signature.inputs.region: was removed/);
  });

  it('puts a spec in force, and lifts overrides, only once it is made', async () => {
    const test = await setup();
    const strategy = {
      type: 'canary' as const,
      steps: [{ weight: 10, pause: '1h' }],
    };
    await test.apply({ strategy });
    await test.serve();
    test.models.publish('churn', 2);
    await test.look();
    const seen = async () => await test.deployments.get('churn');
    expect(isCanaried(await seen())).toBe(true);
    await test.deployments.pause('churn', mira, { reason: 'Lunch' });

    const gates = [approval];
    await test.apply({ gates });
    expect(await test.look()).toMatchObject({
      revision: 2,
      waitingRequest: 1,
      strategy,
      overrides: [{ kind: 'pause' }],
    });
    expect(isCanaried(await seen())).toBe(true);
    // The same again neither makes it nor ends what waits.
    await test.apply({ gates });
    expect((await seen()).waitingRequest).toBe(1);
    await test.decide('rosa');
    await test.look();
    const made = await seen();
    expect(made).toMatchObject({ revision: 3, overrides: [] });
    expect([made.strategy, isCanaried(made)]).toEqual([undefined, false]);
    expect(
      (await test.store.history(made, { limit: 1 }))[0].details,
    ).toMatchObject({ lifted: [{ kind: 'pause' }] });

    // What was put beside it since then stays.
    await test.deployments.setOff('churn', true, mira);
    await test.apply({
      gates,
      variants: [{ name: 'main', version: { number: 1 } }],
    });
    expect((await seen()).off).toBe(true);
    await test.deployments.pause('churn', mira);
    await test.decide('rosa');
    await test.look();
    expect(await seen()).toMatchObject({ revision: 3, off: true });
    await test.deployments.lift('churn', mira, { kind: 'pause' });
    await test.look();
    expect(await seen()).toMatchObject({
      revision: 4,
      off: false,
      overrides: [],
    });
  });

  it('knows who stands behind selectors that move under a request', async () => {
    const test = await setup();
    const model = test.models.add('churn', { aliases: { champion: 1 } });
    await test.apply({
      gates: [approval],
      variants: [{ name: 'main', version: { alias: 'champion' } }],
    });
    test.models.publish('churn', 2, { responsible: 'user:default/dana' });
    model.aliases.champion = 2;
    test.movers.set('champion', 'user:default/rosa');
    await test.look();
    const { id: deploymentId } = await test.deployments.get('churn');
    expect(
      (await test.store.requests.get(deploymentId, 2))?.requesters.sort(),
    ).toEqual(['user:default/dana', 'user:default/mira', 'user:default/rosa']);
    for (const who of ['mira', 'rosa'])
      await expect(test.decide(who)).rejects.toThrow('you asked for');
    await test.decide('rolf');
    await test.look();
    expect((await test.state()).versions).toEqual([2]);
  });

  it('lets nothing overtake a refusal, and approvals be taken back', async () => {
    const test = await setup();
    await test.apply({ gates: [approval] });
    await test.decide('rosa');
    const seen = await test.deployments.get('churn');
    await test.decide('rolf', 'refused');
    const late = await test.deployments.follow(seen, await test.lead());
    expect(late.record.revision).toBe(undefined);
    await expect(
      test.store.change(seen, {
        set: {},
        history: { actor: 'platform', action: 'gates-passed' },
      }),
    ).rejects.toThrow('changed by someone else');
    expect(await test.state()).toMatchObject({
      revision: undefined,
      request: undefined,
    });

    await test.apply({ gates: [approval] });
    await test.decide('rosa');
    const approved = await test.deployments.get('churn');
    await test.decide('rosa', 'withdrawn');
    await expect(test.decide('rosa', 'withdrawn')).rejects.toThrow(
      'has not approved',
    );
    await expect(
      test.store.change(approved, {
        set: {},
        history: { actor: 'platform', action: 'gates-passed' },
      }),
    ).rejects.toThrow('changed by someone else');
    await test.look();
    expect((await test.state()).waiting).toContain('waits for approval');
    // Who approved may refuse all the same.
    await test.decide('rosa');
    await test.decide('rosa', 'refused');
    await test.look();
    expect(await test.state()).toMatchObject({
      revision: undefined,
      request: undefined,
    });
    // The spec is still that of who was refused.
    test.models.publish('churn', 2, { responsible: 'user:default/dana' });
    await test.look();
    await expect(test.decide('mira')).rejects.toThrow('you asked for');
  });

  it('asks those who approve breaks also where these come about later', async () => {
    const test = await setup();
    test.models.publish('churn', 2, {
      signature: { inputs: [age], outputs: [] },
    });
    const number = (version: number) => [
      { name: 'main', version: { number: version } },
    ];
    await test.apply({ variants: number(1) });
    await test.apply({
      variants: number(2),
      allowBreaking: true,
      gates: [
        { approval: { by: 'model-risk', of: 'breaking' } },
        {
          window: {
            days: ['tue'],
            from: '08:00',
            to: '17:00',
            timezone: 'UTC',
          },
        },
      ],
    });
    await expect(test.decide('rosa')).rejects.toThrow("nobody's approval");
    // From now on somebody relies on what it would take away.
    await test.serve();
    await test.look();
    expect((await test.state()).request).toMatchObject({
      number: 2,
      breaks: [{ field: 'outputs.score' }],
    });
    await test.decide('rosa');
    test.pass(24 * HOUR);
    await test.look();
    expect((await test.state()).versions).toEqual([2]);
  });

  it('promotes no shadow around its gates, and goes back to nothing untried', async () => {
    const test = await setup();
    test.models.publish('churn', 2);
    const shadowed = {
      strategy: { type: 'shadow' as const },
      variants: [
        { name: 'main', version: { number: 1 } },
        { name: 'next', version: { number: 2 }, shadow: 50 },
      ],
    };
    await test.apply(shadowed);
    await test.serve();
    await test.apply({ ...shadowed, gates: [approval] });
    const { deployments } = test;
    await expect(
      deployments.promote('churn', mira, { variant: 'next' }),
    ).rejects.toThrow(/gates to pass: waits for approval/);
    expect((await test.state()).revision).toBe(1);
    await test.apply({
      variants: [{ name: 'main', version: { number: 2 } }],
    });
    await test.decide('rosa');
    await test.look();
    await test.apply({
      variants: [{ name: 'main', version: { number: 1 } }],
    });
    expect((await test.state()).revision).toBe(3);
    await expect(
      deployments.rollback('churn', mira, { revision: 2 }),
    ).rejects.toThrow(/never had all traffic/);
    await deployments.rollback('churn', mira, {
      revision: 2,
      allowUnserved: true,
    });
    expect((await test.state()).versions).toEqual([2]);
  });

  it('asks for approval only of what breaks, where a gate says so', async () => {
    const test = await setup();
    const gates = [{ approval: { by: 'model-risk', of: 'breaking' as const } }];
    await test.apply({ gates, allowBreaking: true });
    await test.serve();
    test.models.publish('churn', 2);
    await test.look();
    expect((await test.state()).versions).toEqual([2]);
    await test.serve();
    test.models.publish('churn', 3, {
      signature: { inputs: [age], outputs: [] },
    });
    await test.look();
    expect(await test.state()).toMatchObject({
      versions: [2],
      waiting: expect.stringContaining('waits for approval'),
    });
    await test.decide('rosa');
    await test.look();
    expect((await test.state()).versions).toEqual([3]);
  });

  it('asks for evidence of each version', async () => {
    const test = await setup();
    test.shortfalls.set(1, [
      { field: 'metadata.risk', rule: 'is missing', source: 'platform' },
    ]);
    test.models.publish('churn', 1, {
      evaluation: { accuracy: 0.9 },
      files: [{ path: 'model.pkl', digest: 'sha256:1', sizeBytes: 1 }],
      readings: [
        { path: 'model.pkl', format: 'pickle', imports: ['os.system'] },
      ],
    });
    const gates = [
      { evidence: { metadata: 'complete' as const } },
      { evidence: { evaluation: { metric: 'accuracy', above: 0.9 } } },
      { evidence: { scan: 'clean' as const } },
    ];
    await test.apply({ gates });
    const { request, waiting } = await test.state();
    expect(
      request?.gates.map(({ holds, message }) => [holds, message]),
    ).toEqual(
      [
        'metadata.risk is missing',
        'its evaluation must have accuracy above 0.9, and has 0.9',
        'model.pkl would import os.system',
      ].map(text => [false, `waits for evidence: version 1 of churn: ${text}`]),
    );
    expect(waiting).toContain('metadata.risk is missing');
    await expect(test.decide('rosa')).rejects.toThrow(
      "waits for nobody's approval",
    );

    test.models.publish('churn', 2, {
      evaluation: { accuracy: 0.91 },
      files: [{ path: 'model.pkl', digest: 'sha256:1', sizeBytes: 1 }],
      readings: [
        {
          path: 'model.pkl',
          format: 'pickle',
          imports: ['sklearn.linear_model.LogisticRegression'],
        },
      ],
    });
    await test.look();
    expect(await test.state()).toMatchObject({ revision: 1, versions: [2] });
  });

  it('waits for its window, which environments may ask for', async () => {
    const test = await setup([
      {
        name: 'local',
        gates: [
          {
            window: {
              days: ['tue'],
              from: '22:00',
              to: '02:00',
              timezone: 'Europe/Berlin',
            },
          },
        ],
      },
    ]);
    await test.apply();
    expect(await test.state()).toMatchObject({
      revision: undefined,
      waiting: expect.stringContaining(
        'waits for its window, which opens Tue 2026-03-03 22:00 Europe/Berlin',
      ),
    });
    test.pass(35 * HOUR);
    await test.look();
    expect((await test.state()).revision).toBeUndefined();
    // 00:30 in Berlin on the day after.
    test.pass(3.5 * HOUR);
    await test.look();
    expect(await test.state()).toMatchObject({ revision: 1 });
    expect(
      await test.deployments.plan('churn', test.spec(), mira),
    ).toMatchObject({ action: 'none', revision: 'none' });
  });

  it('refuses what environments do not take, by field', async () => {
    const test = await setup([
      {
        name: 'production',
        systems: ['customer-care'],
        quota: { runners: 4, cpu: 2, memory: '4Gi', gpu: 0 },
        systemQuotas: { marketing: { runners: 0 } },
        maxBodyBytes: 5_000_000,
      },
      { name: 'local' },
    ]);
    test.models.add('offers', { system: 'marketing' });
    test.models.publish('offers', 1);
    const production = { environment: 'production' };
    expect(
      await test.refusals({
        ...production,
        system: 'marketing',
        model: 'offers',
      }),
    ).toEqual([
      'spec.environment: takes only deployments of the systems customer-care',
    ]);
    expect(await test.refusals(production)).toEqual([
      'spec.resources.cpu: must be said, here or by the version: the system customer-care in production has a quota of cpu',
      'spec.resources.memory: must be said, here or by the version: the system customer-care in production has a quota of memory',
    ]);
    // What takes nothing would be held to nothing, also where a version says so.
    for (const [cpu, memory] of [
      ['0', '0'],
      ['0.0m', '0.00Gi'],
      ['m', '5ki'],
    ]) {
      expect(
        await test.refusals({ ...production, resources: { cpu, memory } }),
      ).toEqual([
        'spec.resources.cpu: must be cores above 0, e.g. 500m or 2',
        'spec.resources.memory: must be bytes above 0, e.g. 512Mi',
      ]);
    }
    const nothing = { resources: { cpu: '0', memory: '0' } };
    test.models.add('idle');
    test.models.publish('idle', 1, nothing);
    expect(await test.refusals({ ...production, model: 'idle' })).toEqual(
      await test.refusals(production),
    );
    const resources = {
      cpu: '500m',
      memory: '1Gi',
      replicas: { min: 1, max: 3 },
    };
    const largeBodies = (maxBodyBytes: number, environment?: object) =>
      test.refusals({ ...environment, limits: { maxBodyBytes } }, 'large');
    expect(await largeBodies(5_000_001, { ...production, resources })).toEqual([
      'spec.limits.maxBodyBytes: may be at most 5000000 in production',
    ]);
    expect(await largeBodies(33_554_433)).toEqual([
      'spec.limits.maxBodyBytes: may be at most 33554432 in local',
    ]);
    expect(await largeBodies(33_554_432)).toEqual([]);
    expect(await test.refusals({ ...production, resources }, 'one')).toEqual(
      [],
    );
    expect(
      await test.refusals(
        { ...production, resources: { ...resources, gpu: 1 } },
        'two',
      ),
    ).toEqual([
      'spec.resources.replicas: asks for 3, and the system customer-care in production may have 4, of which 3 are taken',
      'spec.resources.cpu: asks for 1.5, and the system customer-care in production may have 2, of which 1.5 are taken',
      `spec.resources.memory: asks for ${
        3 * 2 ** 30
      }, and the system customer-care in production may have ${
        4 * 2 ** 30
      }, of which ${3 * 2 ** 30} are taken`,
      'spec.resources.gpu: asks for 3, and the system customer-care in production may have 0, of which 0 are taken',
    ]);
    // Its own room is not taken from it.
    expect(
      await test.refusals(
        {
          ...production,
          resources: { ...resources, replicas: { min: 1, max: 4 } },
        },
        'one',
      ),
    ).toEqual([]);
    expect(
      await test.deployments.plan(
        'one',
        test.spec({
          ...production,
          resources: {
            ...resources,
            cpu: '250m',
            replicas: { min: 2, max: 4 },
          },
        }),
        mira,
      ),
    ).toMatchObject({
      action: 'change',
      changes: [
        { field: 'spec.resources.cpu', from: '500m', to: '250m' },
        { field: 'spec.resources.replicas.min', from: 1, to: 2 },
      ],
      restarts: ['main'],
      revision: 'made',
      quotas: [
        { resource: 'runners', limit: 4, used: 4 },
        { resource: 'cpu', limit: 2, used: 1 },
        { resource: 'memory', limit: 4 * 2 ** 30, used: 4 * 2 ** 30 },
        { resource: 'gpu', limit: 0, used: 0 },
      ],
    });
  });

  it('keeps to a quota, however many ask for what is left at once', async () => {
    const test = await setup([{ name: 'local', quota: { runners: 3 } }]);
    const names = ['one', 'two', 'three', 'four', 'five'];
    await test.apply({}, 'zero');
    const refusals = await Promise.all(
      names.map(name => test.refusals({}, name)),
    );
    expect(refusals.flat()).toEqual(
      Array(3).fill(
        'spec.resources.replicas: asks for 1, and the system customer-care in local may have 3, of which 3 are taken',
      ),
    );
    expect(await test.store.all()).toHaveLength(3);
    // Also of what is there already, and grows.
    const grown = await Promise.all(
      (
        await test.store.all()
      ).map(({ name }) =>
        test.refusals({ resources: { replicas: { min: 1, max: 2 } } }, name),
      ),
    );
    expect(grown.filter(({ length }) => length === 0)).toEqual([]);
    await test.deployments.delete('zero', mira);
    const [first, second] = (await test.store.all()).filter(
      ({ deleting }) => !deleting,
    );
    const last = await Promise.all(
      [first, second].map(({ name }) =>
        test.refusals({ resources: { replicas: { min: 1, max: 2 } } }, name),
      ),
    );
    expect(last.map(({ length }) => length).sort()).toEqual([0, 1]);
  });

  it('counts what runs where a revision was given up or rolled back', async () => {
    const test = await setup([{ name: 'local', quota: { runners: 5 } }]);
    const upTo = (max: number) => ({
      resources: { replicas: { min: 1, max } },
    });
    const taken = async () => {
      const { quotas } = await test.deployments.plan(
        'other',
        test.spec(),
        mira,
      );
      return quotas[0].used - 1;
    };
    await test.apply(upTo(3));
    await test.serve();
    await test.apply(upTo(1));
    expect(await taken()).toBe(1);
    const smaller = await test.deployments.get('churn');
    const end = async (how: Pick<DeploymentStatus, 'canary' | 'givenUp'>) =>
      await test.store.saveStatus(
        await test.deployments.get('churn'),
        { ...smaller, ...how },
        await test.lead(),
      );
    await end({ givenUp: { revision: 2, servingRevision: 1 } });
    expect(await taken()).toBe(3);
    expect(await test.refusals(upTo(3), 'other')).toEqual([
      'spec.resources.replicas: asks for 3, and the system customer-care in local may have 5, of which 3 are taken',
    ]);
    await end({
      givenUp: undefined,
      canary: {
        ...{ phase: 'rolled-back', revision: 2, stableRevision: 1, stable: [] },
        ...{ step: 1, steps: 1, weight: 5, analysis: [] },
        startedAt: test.now.toISOString(),
      },
    });
    expect(await taken()).toBe(3);
  });

  it('counts once for all that wait what is taken', async () => {
    const test = await setup([{ name: 'local', quota: { runners: 4 } }]);
    const names = ['one', 'two', 'three'];
    for (const name of names) await test.apply({ gates: [approval] }, name);
    const all = jest.spyOn(test.store, 'all');
    test.pass(5_000);
    for (const name of names) await test.look(name);
    expect(all).toHaveBeenCalledTimes(1);
    await test.apply({ resources: { replicas: { min: 1, max: 4 } } }, 'four');
    for (const name of names) {
      await test.approvals.decide(
        person('rosa'),
        await test.deployments.get(name),
        { decision: 'approved', reason: 'Looked at', request: 1 },
      );
      await test.look(name);
      expect((await test.state(name)).waiting).toContain(
        'asks for 1, and the system customer-care in local may have 4, of which 4 are taken',
      );
    }
    all.mockRestore();
  });

  it('says what would happen, and keeps nothing of it', async () => {
    const test = await setup();
    const plan = await test.deployments.plan(
      'churn',
      test.spec({ gates: [approval] }),
      mira,
    );
    expect(plan).toMatchObject({
      action: 'create',
      spec: { gates: [byRisk] },
      variants: [{ name: 'main', version: 1, weight: 100 }],
      revision: 'waits',
      gates: [{ gate: byRisk, holds: false }],
    });
    expect(await test.store.all()).toEqual([]);
    expect(test.announced).toEqual([]);
  });
});
