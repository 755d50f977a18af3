import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import {
  draftRequest,
  fileOf,
  TestPlatform,
} from '../../__testUtils__/TestPlatform';
import { until } from '../../__testUtils__/until';
import { PicklePolicy } from './PicklePolicy';

const root = path.resolve(__dirname, '../../../../..');
const mira = 'user:default/mira';
// Python's oldest protocol is plain text.
const pipeline = readFileSync(
  path.join(root, 'packages/model-file-reader/src/__fixtures__/pipeline.0.pkl'),
  'utf8',
);
const own = 'cbotany.models\nBed\n)R.';
const evil = "cos\nsystem\n(S'id'\ntR.";

jest.setTimeout(90_000);

const policyOf = (pickles: object) =>
  PicklePolicy.fromConfig(new ConfigReader({ modelPlatform: { pickles } }));

describe('PicklePolicy', () => {
  const refused = (pickles: object, imports: string[], problem?: string) =>
    policyOf(pickles).problems('plant-catalogue', [
      { path: 'model.pkl', format: 'pickle', imports, problem },
    ]).length === 1;

  it.each<[string, string[], boolean, boolean]>([
    // what it imports; refused under `warn`, under `refuse`
    ['an estimator', ['sklearn.svm._classes.SVC', 'numpy.dtype'], false, false],
    [
      'harmless builtins',
      ['builtins.set', 'collections.OrderedDict'],
      false,
      false,
    ],
    ['code of its own', ['botany.models.Bed'], false, true],
    ['cloudpickle', ['cloudpickle.cloudpickle._make_function'], false, true],
    ['a name that only begins alike', ['sklearning.Evil'], false, true],
    ['a command', ['os.system'], true, true],
    ['eval', ['builtins.eval'], true, true],
    ['what makes every name', ['builtins.getattr'], true, true],
    ['a command behind an estimator', ['sklearn.utils.os.system'], true, true],
    ['what loads further pickles', ['numpy.load'], true, true],
    ['a name that is made meanwhile', ['?.?'], true, true],
  ])('knows %s', (_what, imports, underWarn, underRefuse) => {
    expect(refused({}, imports)).toBe(underWarn);
    expect(refused({ policy: 'warn' }, imports)).toBe(underWarn);
    expect(refused({ policy: 'refuse' }, imports)).toBe(underRefuse);
    expect(refused({ policy: 'allow' }, imports)).toBe(false);
  });

  it('takes doubt for a refusal', () => {
    expect(refused({}, [], 'it ends too early')).toBe(true);
    expect(refused({ policy: 'allow' }, [], 'it ends too early')).toBe(false);
  });

  it('has a policy and a list for each system', () => {
    const pickles = {
      policy: 'refuse',
      systems: [
        { system: 'plant-catalogue', modules: ['botany'] },
        { system: 'plant-trials', policy: 'allow' },
      ],
    };
    expect(refused(pickles, ['botany.models.Bed'])).toBe(false);
    expect(refused(pickles, ['sklearn.svm._classes.SVC'])).toBe(true);
    const reading = { path: 'm.pkl', imports: ['os.system'] };
    const policy = policyOf(pickles);
    expect(policy.problems('plant-trials', [reading])).toEqual([]);
    expect(policy.problems('patient-care', [reading])).toHaveLength(1);
    expect(() => policyOf({ policy: 'sometimes' })).toThrow(
      /policy must be allow, warn or refuse, not sometimes/,
    );
  });
});

describe('pickles that are published', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    execFileSync(process.execPath, [
      path.join(root, 'packages/model-file-reader/scripts/build.cjs'),
    ]);
    platform = await TestPlatform.start();
  });

  afterAll(() => platform.stop());

  const draft = (name: string, files: Array<ReturnType<typeof fileOf>>) =>
    draftRequest(name, {
      version: { flavor: 'sklearn', runtime: 'python' },
      files,
    });
  const refusal = {
    field: 'files',
    rule: expect.stringMatching(
      /^model\/m\.pkl is refused: loading it would import os\.system, which no model needs .*skops/,
    ),
    given: ['os.system'],
    example: 'model.skops',
    source: 'pickle policy',
  };

  it('keeps what they import with the version, and says what is on no list', async () => {
    const files = [fileOf('model.pkl', pipeline), fileOf('own.pkl', own)];
    const { version } = await platform.publish(draft('beds', files), files);
    expect(version.readings).toEqual([
      {
        path: 'model.pkl',
        format: 'pickle',
        imports: expect.arrayContaining(['sklearn.pipeline.Pipeline']),
      },
      {
        path: 'own.pkl',
        format: 'pickle',
        imports: ['botany.models.Bed'],
        unlisted: ['botany.models.Bed'],
      },
    ]);
  });

  it('refuses what no model needs by the same words, whenever it is seen', async () => {
    const file = fileOf('model/m.pkl', evil);
    const route = 'v1/models/evil/versions';
    const request = draft('evil', [file]);
    // The sender looked.
    const pickles = [{ path: file.path, imports: ['os.system'] }];
    for (const query of ['?dryRun=true', '']) {
      const { status, body } = await platform
        .call('post', `${route}${query}`, mira)
        .send({ ...request, pickles });
      expect(status).toBe(query ? 200 : 400);
      expect((query ? body : body.error).problems).toEqual([refusal]);
    }
    // The file came along.
    const content = Buffer.from(evil).toString('base64');
    const whole = { ...request, files: [{ ...request.files[0], content }] };
    const dry = await platform
      .call('post', `${route}?dryRun=true`, mira)
      .send(whole);
    expect(dry.body.problems).toEqual([refusal]);
    const sent = await platform
      .call('post', route, mira)
      .send({ ...whole, complete: true });
    expect(sent.body.error.problems).toEqual([refusal]);
    // It came by itself, and nobody had said anything.
    await expect(
      platform.publish(draft('evil-too', [file]), [file]),
    ).rejects.toThrow(/os\.system/);
    const { body } = await platform.call('get', 'v1/models?q=evil', mira);
    expect(body.items).toEqual([]);
  });

  it('tells which versions a tightened policy would refuse, and leaves them', async () => {
    const before = await TestPlatform.start({}, [], platform.directory);
    for (const [name, content] of Object.entries({ own, plain: pipeline })) {
      const file = fileOf('model.pkl', content);
      await before.publish(draft(name, [file]), [file]);
    }
    await before.stop({ keep: true });
    const after = await TestPlatform.start(
      { pickles: { policy: 'refuse' } },
      [],
      platform.directory,
    );
    const report = await until('the report of what falls short', async () => {
      const { body } = await after.call('get', 'v1/metadata-compliance', mira);
      return body.items.length > 0 && body;
    });
    expect(report).toMatchObject({
      items: [
        {
          slug: 'own',
          version: 1,
          complete: false,
          problems: [
            {
              field: 'files',
              given: ['botany.models.Bed'],
              source: 'pickle policy',
            },
          ],
        },
      ],
      totals: { complete: 1, incomplete: 1 },
    });
    const kept = await after.call('get', 'v1/models/own/versions/1', mira);
    expect(kept.body).toMatchObject({ status: 'ready' });
    await after.stop({ keep: true });
  });
});
