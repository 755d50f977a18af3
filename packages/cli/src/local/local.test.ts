import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  impatientFetch,
  RunningCli,
  runCli,
  startCli,
} from '../__testUtils__/runCli';

jest.setTimeout(240_000);

const packages = path.resolve(__dirname, '../../..');
let folder: string;
/** Where these commands alone lay models out. */
let temporary: string;
const running: RunningCli[] = [];

beforeAll(() => {
  execFileSync(process.execPath, [path.join(packages, 'cli/scripts/pack.mjs')]);
  execFileSync(process.execPath, [
    path.join(packages, 'model-gateway/scripts/buildPrograms.cjs'),
    'model-runner-node',
  ]);
});

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-cli-'));
  temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-tmp-'));
});

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const each of [folder, temporary])
    fs.rmSync(each, { recursive: true, force: true });
});

function write(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files))
    fs.writeFileSync(path.join(folder, name), text);
}

const modelYaml = `
name: Twice
type: ml
owner: group:default/botany-ml
system: plant-catalogue
signature:
  inputs: [{ name: x, type: number }]
  outputs: [{ name: y, type: number }]
example: { x: 1 }
`;

const code = (body: string) =>
  `export function predict(model: unknown, { x }: { x: number }, context) {\n  ${body}\n}\n`;

const environment = {
  HOME: os.homedir(),
  ...(process.env.SSL_CERT_FILE && {
    SSL_CERT_FILE: process.env.SSL_CERT_FILE,
  }),
};

const testIt = (...args: string[]) =>
  runCli(['test', folder, ...args], {
    cwd: folder,
    env: { ...environment, TMPDIR: temporary },
  });

/** Leftovers of commands that ended. */
const laidOut = () =>
  fs
    .readdirSync(temporary)
    .filter(name => name.startsWith('model-platform-local-'));

describe('test', () => {
  it('says which examples pass, and why others do not', async () => {
    write({
      'model.yaml': modelYaml,
      'endpoint.ts': code('return { y: x > 5 ? "many" : x * 2 };'),
      'examples.yaml': `examples:
  - { name: three, inputs: { x: 3 }, outputs: { y: 6.0000000001 } }
  - { name: a batch, inputs: [{ x: 1 }, { x: 2 }], outputs: [{ y: 2 }, { y: 5 }] }
  - { name: no number, inputs: { x: three } }
  - { name: wrong answer, inputs: { x: 6 } }
`,
    });
    const { exitCode, stdout, stderr } = await testIt();
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
    expect(stderr.replace(/ \(\d+ ms\)/g, '')).toContain(
      `3 of 5 examples failed.

passed  example of model.yaml
passed  three
FAILED  a batch
        outputs[1].y is 4, not 5
FAILED  no number
        answered 400: The inputs do not fit the signature: inputs.x must be a number, not string.
        inputs.x must be a number, not string
FAILED  wrong answer
        answered 500: The model failed on this request: the answer does not fit the signature: outputs.y must be a number, not string;`,
    );
    expect(laidOut()).toEqual([]);

    fs.rmSync(path.join(folder, 'examples.yaml'));
    const good = await testIt('--json');
    expect(good.exitCode).toBe(0);
    expect(JSON.parse(good.stdout)).toEqual({
      examples: [
        {
          name: 'example of model.yaml',
          passed: true,
          problems: [],
          durationMs: expect.any(Number),
        },
      ],
    });
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'no signature',
      { 'model.yaml': modelYaml.replace(/signature:\n.*\n.*\n/, '') },
      ['signature.inputs', 'signature.outputs'],
    ],
    [
      'a signature that is none',
      { 'model.yaml': modelYaml.replace(/signature:\n.*\n.*/, 'signature: 5') },
      ['signature'],
    ],
    [
      'types that are none',
      {
        'model.yaml': `${modelYaml.replace(
          'number',
          'numbr',
        )}metrics: [{ name: offers, type: countr }]\n`,
      },
      ['signature.inputs[0].type', 'metrics[0].type'],
    ],
    [
      'a field that is named twice',
      {
        'model.yaml': modelYaml.replace(
          '{ name: x, type: number }',
          '{ name: x, type: number }, { name: x, type: string }',
        ),
      },
      ['signature.inputs[1].name'],
    ],
    [
      'an example with outputs by another name',
      {
        'model.yaml': modelYaml,
        'examples.yaml': 'examples: [{ inputs: { x: 1 }, output: { y: 9 } }]',
      },
      ['examples[0].output'],
    ],
  ])('names what is wrong with %s', async (_way, files, fields) => {
    write({ 'endpoint.ts': code('return { y: x };'), ...files });
    const { exitCode, stdout } = await testIt('--json');
    expect(exitCode).toBe(1);
    expect(
      JSON.parse(stdout).error.problems.map(
        ({ field }: { field: string }) => field,
      ),
    ).toEqual(expect.arrayContaining(fields));
    expect(laidOut()).toEqual([]);
  });

  it('waits no longer for an example than callers would', async () => {
    write({
      'model.yaml': `${modelYaml}resources: { timeoutSeconds: 1 }\n`,
      'endpoint.ts': code('return x < 3 ? { y: x } : new Promise(() => {});'),
      'examples.yaml': `examples:
  - { name: three, inputs: { x: 3 } }
  - { name: two, inputs: { x: 2 } }
`,
    });
    const { exitCode, stdout } = await testIt('--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      examples: [
        { passed: true },
        {
          problems: ['did not answer within 1 s (resources.timeoutSeconds)'],
        },
        { problems: ['was not tried: its runner had not answered before'] },
      ],
    });
  });

  it('waits as long for an example as callers would', async () => {
    write({
      'model.yaml': `${modelYaml}resources: { timeoutSeconds: 600 }\n`.replace(
        /^example.*\n/m,
        '',
      ),
      'endpoint.ts': code(
        'return new Promise(done => setTimeout(done, 1_500, { y: x }));',
      ),
      'examples.yaml': 'examples: [{ name: three, inputs: { x: 3 } }]',
    });
    const run = await runCli(['test', folder, '--json'], {
      cwd: folder,
      env: { ...environment, ...impatientFetch(folder) },
    });
    expect([run.stderr, run.exitCode]).toEqual(['', 0]);
    expect(JSON.parse(run.stdout).examples).toMatchObject([{ passed: true }]);
  });

  it('says which example ended its runner, and why', async () => {
    write({
      'model.yaml': modelYaml,
      'endpoint.ts': code(
        "if (x < 3) return { y: x };\n  setTimeout(() => { throw new Error('no three'); });\n  return new Promise(() => {});",
      ),
      'examples.yaml': `examples:
  - { name: three, inputs: { x: 3 } }
  - { name: two, inputs: { x: 2 } }
`,
    });
    const { exitCode, stdout, stderr } = await testIt('--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      examples: [
        { name: 'example of model.yaml', passed: true, problems: [] },
        {
          name: 'three',
          passed: false,
          problems: ['ended its runner: failed outside of a call: no three'],
        },
        {
          name: 'two',
          passed: false,
          problems: ['was not tried: its runner had ended'],
        },
      ],
    });
    expect(stderr).toContain('2 of 3 examples failed.');
    expect(laidOut()).toEqual([]);
  });

  it('leaves nothing of what it could not copy, and says why', async () => {
    write({
      'model.yaml': modelYaml,
      'endpoint.ts': code('return { y: x };'),
    });
    // A folder has place in it, its files have not: their names are too long for the system.
    const room = 4095 - '/model-platform-local-XXXXXX/model/'.length;
    let narrow = path.join(folder, 'narrow');
    while (narrow.length < room - 300)
      narrow = path.join(narrow, 'd'.repeat(200));
    narrow = path.join(narrow, 'd'.repeat(room - narrow.length - 2));
    fs.mkdirSync(narrow, { recursive: true });
    const { exitCode, stderr } = await runCli(['test', folder], {
      cwd: folder,
      env: { ...environment, TMPDIR: narrow },
    });
    expect(stderr).toMatch(/^Cannot copy the model to \S+: ENAMETOOLONG: /);
    expect(stderr).not.toContain('    at ');
    expect(exitCode).toBe(1);
    expect(fs.readdirSync(narrow)).toEqual([]);
  });

  it('shows where code fails, with what an environment would tell it', async () => {
    write({
      'model.yaml': modelYaml,
      'endpoint.ts': code(
        "const length = context.secret('KEY').length;\n  if (length > 3) throw new Error('too long');\n  return { y: x + length };",
      ),
      'local.yaml': 'secrets: { KEY: long }',
      '.modelignore': 'local.yaml\n',
    });
    const without = await testIt();
    expect(without.exitCode).toBe(1);
    expect(without.stderr).toContain("no secret 'KEY'");
    const failing = await testIt('--settings', path.join(folder, 'local.yaml'));
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain('cannot load the model: too long');
    expect(failing.stderr).toContain(`${path.join(folder, 'endpoint.ts')}:3`);
  });

  it('runs a process, whose states are sealed', async () => {
    write({
      'model.yaml': modelYaml
        .replace('type: ml', 'type: process')
        .replace('x, type: number', 'x, type: number, optional: true')
        .replace('y, type: number', 'state, type: string, optional: true'),
      'ask.bpmn': `<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:test"><process id="p" isExecutable="true">
<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/><userTask id="t"/></process></definitions>`,
    });
    const { exitCode, stdout, stderr } = await testIt();
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(stdout).toContain('passed  example of model.yaml');
  });

  it('runs Python with the packages that the folder pins', async () => {
    write({
      'model.yaml': modelYaml,
      'requirements.txt': 'six==1.17.0\n',
      'endpoint.py':
        'import six\n\n\ndef predict(model, inputs, context):\n    return {"y": float(six.__version__[2:4]) + inputs["x"]}\n',
      'examples.yaml': 'examples: [{ inputs: { x: 1 }, outputs: { y: 18 } }]',
    });
    const { exitCode, stderr, stdout } = await testIt();
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(stdout).toContain('passed  example 1 of examples.yaml');
    expect(
      fs.readFileSync(path.join(folder, 'requirements.lock'), 'utf8'),
    ).toContain('--hash=sha256:');
  });

  it('ends with its runner, also where code has started what does not end', async () => {
    write({
      'model.yaml': modelYaml,
      'requirements.txt': 'six==1.17.0\n',
      'endpoint.py': `import os
import time

if os.fork() == 0:
    time.sleep(600)


def predict(model, inputs, context):
    return {"y": inputs["x"]}
`,
    });
    const { exitCode, stderr, stdout } = await testIt();
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(stdout).toContain('passed  example of model.yaml');
    expect(laidOut()).toEqual([]);
  });
});

describe('the packed command alone', () => {
  it('has both runtimes with it', async () => {
    execFileSync('tar', ['-xzf', path.join(packages, 'cli/dist/cli.tgz')], {
      cwd: folder,
    });
    const model = path.join(folder, 'model');
    fs.mkdirSync(model);
    const runs = [
      { 'endpoint.ts': code('return { y: x };') },
      {
        'endpoint.py':
          'def predict(m, inputs, c):\n    return {"y": inputs["x"]}\n',
        'requirements.txt': 'six==1.17.0\n',
      },
    ];
    for (const files of runs) {
      fs.rmSync(model, { recursive: true });
      fs.mkdirSync(model);
      for (const [name, text] of Object.entries({
        ...files,
        'model.yaml': modelYaml,
      }))
        fs.writeFileSync(path.join(model, name), String(text));
      const stdout = execFileSync(
        process.execPath,
        ['package/bin/model-platform.js', 'test', model],
        {
          cwd: folder,
          env: { PATH: process.env.PATH, ...environment },
          encoding: 'utf8',
        },
      );
      expect(stdout).toContain('passed  example of model.yaml');
    }
  });
});

describe('dev', () => {
  it('serves again with each change, shows errors at their line, and leaves nothing behind', async () => {
    write({
      'model.yaml': modelYaml,
      'endpoint.ts': code('return { y: x * 2 };'),
    });
    const cli = startCli(['dev', folder], {
      cwd: folder,
      env: { ...environment, TMPDIR: temporary },
    });
    running.push(cli);
    const told = async (pattern: RegExp) => {
      const deadline = Date.now() + 60_000;
      for (;;) {
        const match = pattern.exec(cli.output());
        if (match) return match;
        if (Date.now() > deadline || cli.child.exitCode !== null)
          throw new Error(`It did not say ${pattern}: ${cli.output()}`);
        await new Promise(done => {
          setTimeout(done, 20);
        });
      }
    };
    const [, docs] = await told(/Try it: (\S+\/twice\/docs)/);
    expect(await (await fetch(docs)).text()).toContain('<h1>twice</h1>');
    const predict = async (headers: Record<string, string> = {}) =>
      await (
        await fetch(docs.replace('docs', 'predict'), {
          method: 'POST',
          headers,
          body: JSON.stringify({ inputs: { x: 4 } }),
        })
      ).json();
    expect((await predict()).outputs).toEqual({ y: 8 });
    // Pages that the developer looks at meanwhile are none of its callers.
    const { origin } = new URL(docs);
    expect((await predict({ origin })).outputs).toEqual({ y: 8 });
    for (const other of [
      'https://elsewhere.example',
      origin.replace(/\d+$/, '1'),
      'null',
    ])
      expect((await predict({ origin: other })).error.message).toContain(
        'another origin',
      );

    write({ 'endpoint.ts': code('return { y: x *** 3 };') });
    await told(/It is not served; waiting for a change/);
    await told(/endpoint\.ts can't be imported: SyntaxError/);

    write({
      'endpoint.ts': code(
        'if (x === 4) throw new Error("no four");\n  return { y: x * 3 };',
      ),
    });
    await told(/Serving again: /);
    expect((await predict()).error.name).toBe('ModelError');
    await told(/Error: no four/);
    await told(new RegExp(`${path.join(folder, 'endpoint.ts')}:2`));

    cli.child.kill('SIGINT');
    expect(await cli.ended).toMatchObject({ exitCode: 130 });
    await expect(fetch(docs)).rejects.toThrow();
    expect(laidOut()).toEqual([]);
  });
});
