import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  PUBLISHER,
  PublishServer,
  READER,
} from '../__testUtils__/PublishServer';
import { CliRun, runCli, startCli } from '../__testUtils__/runCli';

jest.setTimeout(240_000);

const modelYaml = `
name: iris
type: ml
owner: group:default/botany-ml
system: plant-catalogue
description: Tells irises apart
metadata:
  purpose: Tells three species of iris apart
signature:
  inputs: [{ name: petal_length, type: number }]
  outputs: [{ name: species, type: string }]
`;

let folder: string;
let model: string;
let server: PublishServer;
let env: Record<string, string>;

beforeAll(() => {
  execFileSync(process.execPath, [
    path.resolve(__dirname, '../../scripts/pack.mjs'),
  ]);
});

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-cli-'));
  model = path.join(folder, 'iris');
  fs.mkdirSync(model);
  write('model.yaml', modelYaml);
  write('model.onnx', 'weights');
  server = await PublishServer.start(path.join(folder, 'blobs'));
  env = { MODEL_PLATFORM_URL: server.url, MODEL_PLATFORM_TOKEN: PUBLISHER };
});

afterEach(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string | Buffer): void {
  fs.mkdirSync(path.dirname(path.join(model, name)), { recursive: true });
  fs.writeFileSync(path.join(model, name), content);
}

/** A file of zeros that takes no room on the disk, but for its first bytes. */
function writeSparse(name: string, sizeBytes: number, start: string): void {
  write(name, start);
  fs.truncateSync(path.join(model, name), sizeBytes);
}

function publish(...args: string[]): Promise<CliRun> {
  return runCli(['publish', model, ...args], { cwd: folder, env });
}

function uploads(): string[] {
  return server.calls.filter(call => call.startsWith('PUT '));
}

function digest(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

describe('publish', () => {
  it('publishes a folder, finds it unchanged, and sends only what is new', async () => {
    write('endpoint.py', 'def predict(model, inputs, context): ...');
    write('data/notes.csv', 'a,b');
    write('data/draft.csv', 'x');
    write('.modelignore', 'data/draft*\n');
    write('.env', 'SECRET=1');
    write('.git/config', 'x');
    write('model-deployment.yaml', 'kind: ModelDeployment');

    const first = await publish('--json');
    expect(first).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      model: 'iris',
      version: 1,
      unchanged: false,
      uploaded: { files: 4 },
    });
    const [version] = server.readyVersions('iris');
    expect(version.request.files.map(file => file.path)).toEqual([
      'data/notes.csv',
      'endpoint.py',
      'model.onnx',
      'model.yaml',
    ]);
    expect(version.request.version).toMatchObject({
      flavor: 'onnx',
      runtime: 'python',
      endpoint: 'endpoint.py',
      metadata: { purpose: 'Tells three species of iris apart' },
      provenance: { client: expect.stringMatching(/^model-platform-cli\/\d/) },
    });
    expect(server.readBlob(digest('weights')).toString()).toBe('weights');

    const again = await publish();
    expect(again.exitCode).toBe(0);
    expect(again.stdout).toContain('iris is unchanged: version 1');
    const forced = await publish('--force');
    expect(forced.stdout).toContain('Published iris, version 2 (0 files');
    expect(uploads()).toHaveLength(4);

    write('model.onnx', 'better weights');
    const changed = await publish();
    expect(changed.stdout).toContain('Published iris, version 3 (1 file, 14 B');
    expect(changed.stdout).toContain('model-platform deploy');
    expect(uploads()).toHaveLength(5);
    expect(server.tokens).toEqual(new Set([`Bearer ${PUBLISHER}`]));
  });

  it('pins packages again where a file changes that the requirements name', async () => {
    write('endpoint.py', 'def predict(model, inputs, context): ...');
    const environment = {
      ...env,
      HOME: os.homedir(),
      ...(process.env.SSL_CERT_FILE && {
        SSL_CERT_FILE: process.env.SSL_CERT_FILE,
      }),
    };
    const lockOf = async () => {
      const run = await runCli(['publish', model], {
        cwd: folder,
        env: environment,
      });
      expect([run.exitCode, run.stderr]).toEqual([0, expect.anything()]);
      return fs.readFileSync(path.join(model, 'requirements.lock'), 'utf8');
    };
    write('requirements.txt', 'six==1.17.0\n');
    expect((await lockOf()).split('\n')).toEqual([
      `# Of requirements.txt, ${digest('six==1.17.0\n')}`,
      expect.stringMatching(/^six==1\.17\.0 /),
      ...Array(3).fill(expect.anything()),
    ]);

    write('requirements.txt', '-r "parts/base.txt"  # ours\r\n');
    write('parts/base.txt', 'six\n-c newest.txt\n--requirement ../loop.txt\n');
    write('loop.txt', '--constraint=requirements.lock\n-r loop.txt\n');
    write('parts/newest.txt', 'six<1.17\n');
    write('requirements.lock', '# Of requirements.txt, sha256:0\n');
    const first = await lockOf();
    expect(first).toContain('six==1.16.0 ');
    expect(await lockOf()).toBe(first);
    write('parts/newest.txt', 'six<1.16\n');
    write('loop.txt', '-r loop.txt\n');
    expect(await lockOf()).toContain('six==1.15.0 ');
  });

  it('names every field that is refused, with its rule, and stores nothing', async () => {
    write('model.yaml', 'name: iris\ntype: ml\nowner: 5\nsignature: {}\n');
    const refused = await publish();
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toBe(
      [
        'iris is refused. Nothing was published.',
        '',
        '  owner: must be text',
        '      given:   5',
        '      example: group:default/crm',
        '  system: is required',
        '      example: customer-care',
        '  metadata.purpose: is required',
        '      example: Tells plants apart',
        '      rule of: ml',
        '',
      ].join('\n'),
    );
    const asJson = await publish('--json');
    expect(asJson.exitCode).toBe(1);
    expect(
      JSON.parse(asJson.stdout).error.problems.map(
        (problem: { field: string }) => problem.field,
      ),
    ).toEqual(['owner', 'system', 'metadata.purpose']);

    const dry = await publish('--dry-run');
    expect(dry.exitCode).toBe(1);
    expect(dry.stderr).toContain('iris would be refused.');
    write('model.yaml', modelYaml);
    const fine = await publish('--dry-run');
    expect(fine).toMatchObject({ exitCode: 0 });
    expect(server.readyVersions('iris')).toEqual([]);
    expect(server.blobs()).toEqual([]);
  });

  it('says what is wrong with the folder before it asks the platform', async () => {
    const refusals: Array<[() => void, number, string[]]> = [
      [
        () => write('model.yaml', 'name: iris\nmetadata:\n  purpose: [a\n'),
        1,
        ['model.yaml is not valid YAML', 'model.yaml:4:1'],
      ],
      [
        () => write('model.yaml', `${modelYaml}\nvisibilty: system\n`),
        1,
        ['visibilty: is not a field of model.yaml; did you mean visibility?'],
      ],
      [() => write('model.yaml', 'type: ml'), 1, ['name: is required']],
      [
        () =>
          write('model.yaml', `${modelYaml}\nfiles: [../secret, gone.bin]\n`),
        1,
        [
          'files: must stay inside the folder of model.yaml',
          '../secret',
          'files: names no file in the folder',
          'gone.bin',
        ],
      ],
      [
        () => {
          write('../secret', 'of another');
          fs.symlinkSync('../secret', path.join(model, 'linked.bin'));
          fs.symlinkSync('nowhere', path.join(model, 'broken.bin'));
        },
        1,
        [
          'is a link out of the folder',
          'linked.bin',
          'is a link to something that is not there',
        ],
      ],
      [
        () => {
          write('Model.onnx', 'x');
          // The same name in Unicode's composed and decomposed form.
          write('caf\u00e9.txt', 'x');
          write('cafe\u0301.txt', 'x');
        },
        1,
        [
          'only in case or Unicode form',
          'Model.onnx',
          'differs from caf\u00e9.txt',
        ],
      ],
      [
        () => write('model.joblib', 'x'),
        1,
        ['flavor: the files speak for several (onnx, sklearn)'],
      ],
      [
        () => fs.rmSync(path.join(model, 'model.onnx')),
        1,
        ['flavor: is required'],
      ],
      [
        () => fs.rmSync(path.join(model, 'model.yaml')),
        2,
        ['There is no model.yaml in', 'name: churn'],
      ],
    ];
    for (const [spoil, exitCode, said] of refusals) {
      fs.rmSync(model, { recursive: true });
      write('model.yaml', modelYaml);
      write('model.onnx', 'weights');
      spoil();
      const run = await publish();
      expect(run).toMatchObject({ exitCode, stdout: '' });
      for (const text of said) expect(run.stderr).toContain(text);
    }
    expect(server.calls).toEqual([]);
  });

  it('follows links inside the folder, and takes what files lists', async () => {
    fs.symlinkSync('model.onnx', path.join(model, 'alias.onnx'));
    write('big/ignored.csv', 'x');
    write('code/endpoint.mjs', 'export {}');
    write(
      'model.yaml',
      `${modelYaml}\nfiles: ['*.onnx']\nendpoint: code/endpoint.mjs\n`,
    );
    await publish();
    const [version] = server.readyVersions('iris');
    expect(version.request.files.map(file => file.path)).toEqual([
      'alias.onnx',
      'code/endpoint.mjs',
      'model.onnx',
    ]);
    // Equal content is sent once.
    expect(uploads()).toHaveLength(2);
  });

  it('reads the signature that an ONNX model carries', async () => {
    const example = path.resolve(__dirname, '../../../../examples/iris');
    write('model.onnx', fs.readFileSync(path.join(example, 'iris.onnx')));
    write('model.yaml', modelYaml.slice(0, modelYaml.indexOf('signature:')));
    expect((await publish()).exitCode).toBe(0);
    const [version] = server.readyVersions('iris');
    expect(version.request.version.signature).toEqual({
      inputs: [{ name: 'measurements', type: 'number', shape: [4] }],
      outputs: [
        { name: 'label', type: 'string' },
        { name: 'probabilities', type: 'number', shape: [3] },
      ],
    });

    write('model.onnx', 'no model at all');
    const broken = await publish();
    expect(broken.stderr).toContain('model.onnx is not an ONNX model');
  });

  it('warns of secrets and pickles, and refuses them where that is asked for', async () => {
    const token = ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_');
    write('train.py', `TOKEN = "${token}"\n`);
    write('model.pkl', "cos\nsystem\n(S'id'\ntR.");
    write('model.yaml', `${modelYaml}flavor: onnx\nfiles: ['*']\n`);
    const strict = await publish('--strict', '--json');
    expect(strict.exitCode).toBe(1);
    expect(
      JSON.parse(strict.stdout).error.problems.map(
        ({ given }: { given: string }) => given,
      ),
    ).toEqual(['model.pkl', 'train.py']);
    expect(server.calls).toEqual([]);

    const warned = await publish('--json');
    expect(warned.exitCode).toBe(0);
    expect(warned.stderr).toContain('Warning: train.py, line 1, looks like');
    expect(warned.stderr).toContain('It imports os.system.');
    expect(JSON.parse(warned.stdout).warnings).toMatchObject([
      { file: 'model.pkl', rule: 'pickle' },
      { file: 'train.py', rule: 'secretlint-rule-github' },
    ]);
    expect(
      strict.stdout + strict.stderr + warned.stdout + warned.stderr,
    ).not.toContain(token);
  });

  it('records what model.yaml says of where the model comes from', async () => {
    write(
      'model.yaml',
      `${modelYaml}provenance: { trainingRun: run-5, datasets: [{ name: iris, version: 2 }] }\n`,
    );
    expect((await publish()).exitCode).toBe(0);
    const [version] = server.readyVersions('iris');
    expect(version.request.version.provenance).toMatchObject({
      client: expect.stringMatching(/^model-platform-cli/),
      trainingRun: 'run-5',
      datasets: [{ name: 'iris', version: 2 }],
    });
  });

  it('goes on where a cut connection left off', async () => {
    writeSparse('first.bin', 3_000_000, 'first');
    writeSparse('second.bin', 3_000_000, 'second');
    server.cut = { uploads: 3, afterBytes: 1_500_000 };
    const run = await publish();
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('Trying again: ');
    expect(server.readyVersions('iris')).toHaveLength(1);
    expect(new Set(server.idempotencyKeys).size).toBe(1);
    // What arrived whole was not sent once more.
    expect(uploads()).toHaveLength(4 + 3);
  });

  it('goes on where a killed run left off', async () => {
    writeSparse('a.bin', 1_000_000, 'a');
    writeSparse('z.bin', 400_000_000, 'z');
    const killed = startCli(['publish', model], { cwd: folder, env });
    while (server.blobs().length < 3) await new Promise(setImmediate);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    await server.left();
    expect(server.readyVersions('iris')).toEqual([]);
    const before = new Set(server.blobs());
    const callsBefore = server.calls.length;

    expect((await publish()).exitCode).toBe(0);
    const sentAgain = server.calls
      .slice(callsBefore)
      .filter(call => [...before].some(known => call.endsWith(known)));
    expect(sentAgain).toEqual([]);
    expect(server.readyVersions('iris').map(({ number }) => number)).toEqual([
      1,
    ]);
  });

  it('sends a large file in parts, and after a cut or a kill only those that are missing', async () => {
    writeSparse('large.bin', 200_000_000, 'large');
    const partsOf = (calls: string[]) =>
      calls.flatMap(call => /^PUT .*\/parts\/(\d+)$/.exec(call)?.[1] ?? []);
    const stored = () =>
      fs
        .readdirSync(path.join(folder, 'blobs'))
        .flatMap(name => /^[^.]+\.(\d+)\.part$/.exec(name)?.[1] ?? []);
    const killed = startCli(['publish', model], { cwd: folder, env });
    while (stored().length < 4) await new Promise(setImmediate);
    killed.child.kill('SIGKILL');
    await killed.ended;
    await server.left();
    const before = stored();
    expect(before.length).toBeGreaterThanOrEqual(4);
    const callsBefore = server.calls.length;

    // Far into a part, so that its connection is cut and not its answer.
    server.cut = { uploads: 2, afterBytes: 3_000_000 };
    const resumed = await publish();
    expect(resumed.exitCode).toBe(0);
    expect(resumed.stderr).toContain(
      'Going on with version 1 of iris, which an earlier run began: 2 of 3 files are there.',
    );
    expect(resumed.stderr).toMatch(
      /large\.bin: [\d.]+ MiB of 191 MiB had arrived before\./,
    );
    const after = partsOf(server.calls.slice(callsBefore));
    expect(after.filter(part => before.includes(part))).toEqual([]);
    // 24 in all, and two of them twice.
    expect(after.length).toBeLessThanOrEqual(24 - before.length + 2);
    expect(server.cut.uploads).toBe(0);
    expect(server.readyVersions('iris')).toHaveLength(1);

    write('note.txt', 'new');
    const second = await publish('--json');
    expect(JSON.parse(second.stdout)).toMatchObject({
      uploaded: { files: 1, bytes: 3 },
      deduplicated: { files: 3 },
    });
    write('note.txt', 'newer');
    expect((await publish()).stdout).toMatch(
      /\(1 file, 5 B sent; 3 files, 191 MiB there already\)/,
    );
  });

  it('sends parts to the store itself where it may, and by way of the platform where that fails', async () => {
    const ways = () =>
      uploads().map(call =>
        call.replace(/^PUT (\/store\/|\S+\/parts\/)?.*$/, (_, way = '') =>
          way.startsWith('/store') ? 'store' : way && 'platform',
        ),
      );
    const count = (way: string) => ways().filter(one => one === way).length;
    writeSparse('large.bin', 100_000_000, 'one');
    server.direct = 'takes';
    expect((await publish()).exitCode).toBe(0);
    expect([count('store'), count('platform')]).toEqual([12, 0]);

    writeSparse('large.bin', 100_000_000, 'two');
    server.direct = 'refuses';
    const run = await publish('--json');
    expect(JSON.parse(run.stdout)).toMatchObject({
      version: 2,
      uploaded: { files: 1, bytes: 100_000_000 },
    });
    // Those that were under way when the first of them was refused, and no more.
    expect(count('store')).toBeLessThanOrEqual(12 + 4);
    expect(count('platform')).toBe(12);
    expect(server.readyVersions('iris')).toHaveLength(2);
  });

  it('sends a large file in constant memory', async () => {
    writeSparse('large.bin', 400_000_000, 'large');
    const run = await publish();
    expect(run.exitCode).toBe(0);
    expect(server.storedBytes).toBeGreaterThan(400_000_000);
    // 92 MB for a file of 1 MB, 166 MB for one of 1.2 GB: what is under way, and not collected yet.
    expect(run.peakMemoryBytes).toBeLessThan(200_000_000);
  });

  it('ends cleanly at Ctrl-C, and nothing is published', async () => {
    writeSparse('large.bin', 2_000_000_000, 'large');
    const running = startCli(['publish', model], { cwd: folder, env });
    await server.uploading;
    running.child.kill('SIGINT');
    const run = await running.ended;
    expect(run).toMatchObject({ exitCode: 130, signal: null, stdout: '' });
    expect(run.stderr).toContain('Interrupted.');
    expect(run.stderr).not.toContain('at ');
    expect(server.readyVersions('iris')).toEqual([]);
  });

  it('says that a file changed while it was being sent', async () => {
    writeSparse('large.bin', 1_000_000_000, 'large');
    const running = startCli(['publish', model], { cwd: folder, env });
    await server.uploading;
    fs.appendFileSync(path.join(model, 'large.bin'), 'more');
    const run = await running.ended;
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain(
      'large.bin changed while it was being published',
    );
    expect(server.readyVersions('iris')).toEqual([]);
  });

  it('tells not allowed and not reachable apart from refused', async () => {
    env.MODEL_PLATFORM_TOKEN = READER;
    const forbidden = await publish();
    expect(forbidden.exitCode).toBe(3);
    expect(forbidden.stderr).toBe(
      'You may not publish to the system plant-catalogue. The group botany-ml can give you this right.\n',
    );
    env.MODEL_PLATFORM_TOKEN = 'mpt_gone_secret-of-mine';
    const unknown = await publish();
    expect(unknown.exitCode).toBe(3);
    expect(unknown.stderr).toContain('does not accept this token');
    expect(unknown.stderr + unknown.stdout).not.toContain('secret-of-mine');

    env.MODEL_PLATFORM_TOKEN = PUBLISHER;
    server.answers = [
      { status: 302, headers: { location: 'https://elsewhere.example.org/' } },
    ];
    const redirected = await publish();
    expect(redirected.exitCode).toBe(3);
    expect(redirected.stderr).toContain(
      'redirects to https://elsewhere.example.org/',
    );

    server.answers = [
      { status: 404, body: { error: { message: 'There is no endpoint' } } },
    ];
    const other = await publish();
    expect(other.exitCode).toBe(3);
    expect(other.stderr).toContain('No model platform answers at');

    for (const [body, type] of [
      ['<html>', 'text/html'],
      ['OK', 'text/plain'],
    ]) {
      server.answers = [
        { status: 200, body, headers: { 'content-type': type } },
      ];
      const page = await publish();
      expect(page.exitCode).toBe(3);
      expect(page.stderr).toMatch(/^No model platform answers at/);
    }

    server.answers = [
      { status: 503, headers: { 'retry-after': '1' } },
      { status: 429, headers: { 'retry-after': '1' } },
    ];
    expect((await publish()).exitCode).toBe(0);

    await server.stop();
    const unreachable = await publish();
    expect(unreachable.exitCode).toBe(3);
    expect(unreachable.stderr).toContain(
      `Cannot reach the platform at ${env.MODEL_PLATFORM_URL}: nothing listens there`,
    );

    delete env.MODEL_PLATFORM_URL;
    const unset = await publish();
    expect(unset.exitCode).toBe(2);
    expect(unset.stderr).toContain('MODEL_PLATFORM_URL is not set.');
  });

  it('finds the platform of the folder it is run in', async () => {
    fs.mkdirSync(path.join(folder, '.model-platform'));
    fs.writeFileSync(
      path.join(folder, '.model-platform/quickstart.json'),
      JSON.stringify({ portalUrl: server.url, publisherToken: PUBLISHER }),
    );
    env = {};
    const run = await publish();
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain(
      'using the platform of .model-platform/quickstart.json',
    );
  });
});
