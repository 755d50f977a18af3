import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PythonEnvironments } from './PythonEnvironments';
import { ResolverUser } from './ResolverUser';

jest.setTimeout(240_000);

const runnerLock = path.resolve(
  __dirname,
  '../../model-runner-python/requirements-runner.txt',
);

/** A wheel that brings one file, at a place of its own data. */
const BRINGING = `
import sys, zipfile
wheel, place, text = sys.argv[1:]
with zipfile.ZipFile(wheel, "w") as file:
    file.writestr(f"bold-1.0.data/{place}", text)
    info = "bold-1.0.dist-info"
    file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: bold\\nVersion: 1.0\\n")
    file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    file.writestr(f"{info}/RECORD", f"bold-1.0.data/{place},,\\n")
`;

/** A wheel whose `.pth` file does something whenever its environment's Python starts. */
const WHEEL = `
import sys, zipfile
wheel, ran = sys.argv[1:]
with zipfile.ZipFile(wheel, "w") as file:
    file.writestr("busy.py", "value = 1\\n")
    file.writestr("busy.pth", f"import os; open({ran!r}, 'w').close()\\n")
    info = "busy-1.0.dist-info"
    file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: busy\\nVersion: 1.0\\n")
    file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    file.writestr(f"{info}/RECORD", "busy.py,,\\nbusy.pth,,\\n")
`;

describe('environments of models', () => {
  let folder: string;
  let environments: PythonEnvironments;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-python-'));
    environments = new PythonEnvironments({ folder, runnerLock });
  });
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

  const requirements = (text: string) => {
    const file = path.join(folder, 'requirements.txt');
    fs.writeFileSync(file, text);
    return file;
  };

  /** What a package says its version is there. */
  const versionIn = (interpreter: string, name: string) =>
    execFileSync(
      interpreter,
      [
        '-c',
        `from importlib.metadata import version; print(version("${name}"))`,
      ],
      { encoding: 'utf8' },
    ).trim();

  /** Users that uv resolves as just now. */
  const resolvers = () =>
    fs
      .readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(pid => {
        try {
          const read = (file: string) =>
            fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
          return /uv\0pip\0compile\0[^]*model-platform-lock-/.test(
            read('cmdline'),
          ) && !read('cmdline').includes('setpriv')
            ? [/^Uid:\s+(\d+)/m.exec(read('status'))?.[1] ?? '']
            : [];
        } catch {
          // It ended meanwhile.
          return [];
        }
      });

  it('are made of a lock, once, beside others that do not fit to them', async () => {
    const old = await environments.lockOf(
      requirements('six<1.17\norjson==3.11.4\n'),
    );
    const made = await environments.lockOf(requirements('six==1.17.0\n'));
    const [first, again, second] = await Promise.all([
      environments.ensure(old),
      environments.ensure(old),
      environments.ensure(made),
    ]);
    expect(again).toBe(first);
    expect(versionIn(first, 'six')).toBe('1.16.0');
    expect(versionIn(second, 'six')).toBe('1.17.0');
    // What the runner needs is there, too; the version's own pin goes before it.
    expect(versionIn(first, 'orjson')).toBe('3.11.4');
    expect(versionIn(first, 'uvicorn')).toBe(versionIn(second, 'uvicorn'));

    const cutOff = path.dirname(path.dirname(second));
    fs.rmSync(`${cutOff}.complete`);
    // A package may bring what once said that it is whole.
    fs.writeFileSync(path.join(cutOff, '.complete'), '');
    fs.rmSync(path.join(cutOff, 'lib'), { recursive: true });
    expect(versionIn(await environments.ensure(made), 'six')).toBe('1.17.0');

    await environments.keepOnly(new Set([await environments.keyOf(made)]));
    expect(fs.existsSync(first)).toBe(false);
    expect(
      fs.readdirSync(folder).filter(name => name.endsWith('.complete')),
    ).toEqual([`${await environments.keyOf(made)}.complete`]);
    expect(versionIn(second, 'six')).toBe('1.17.0');
  });

  it('have the same lock for the same requirements from then on', async () => {
    const file = requirements('six<1.17\n');
    const lock = await environments.lockOf(file);
    expect(lock).toMatch(/^six==[\d.]+ \\\n {4}--hash=sha256:[0-9a-f]{64}/m);
    const locks = path.join(folder, 'locks');
    const kept = fs
      .readdirSync(locks)
      .find(name => fs.readFileSync(path.join(locks, name), 'utf8') === lock);
    fs.appendFileSync(path.join(locks, kept!), '# kept\n');
    expect(await environments.lockOf(file)).toBe(`${lock}# kept\n`);
  });

  it('are not made of what does not fit together, or has other bytes', async () => {
    await expect(
      environments.lockOf(requirements('six==1.16.0\nsix==1.17.0\n')),
    ).rejects.toThrow(/six/);
    await expect(
      environments.ensure(`six==1.17.0 --hash=sha256:${'0'.repeat(64)}\n`),
    ).rejects.toThrow(/hash/i);
  });

  it('are made of wheels alone, and of what the index has by its name', async () => {
    // It has no wheel, so that its own code would run to make one.
    await expect(
      environments.lockOf(requirements('docopt==0.6.2\n')),
    ).rejects.toThrow(/docopt[\s\S]*wheel|docopt[\s\S]*binary/i);
    const secret = path.join(folder, 'secret.txt');
    fs.writeFileSync(secret, 'password-of-another');
    for (const line of [
      `-r ${secret}`,
      `--requirement=${secret}`,
      '-e .',
      '--index-url https://packages.example.org/simple',
      'six @ file:///srv/six-1.17.0-py2.py3-none-any.whl',
      'https://packages.example.org/six-1.17.0-py2.py3-none-any.whl',
      './six-1.17.0-py2.py3-none-any.whl',
    ]) {
      await expect(
        environments.lockOf(requirements(`# comment\n${line}\n`)),
      ).rejects.toThrow(
        /requirements\.txt, line 2: .* only packages of the index/,
      );
    }
    await expect(
      environments.lockOf(requirements(`six\r-r ${secret}\n`)),
    ).rejects.toThrow(/must be plain text/);
  });

  it('run nothing of a package while they are made', async () => {
    const ran = path.join(folder, 'ran.txt');
    const wheels = path.join(folder, 'wheels');
    fs.mkdirSync(wheels);
    const wheel = path.join(wheels, 'busy-1.0-py3-none-any.whl');
    execFileSync('python3', ['-c', WHEEL, wheel, ran]);
    const hash = createHash('sha256')
      .update(fs.readFileSync(wheel))
      .digest('hex');
    process.env.UV_FIND_LINKS = wheels;
    try {
      const interpreter = await environments.ensure(
        `busy==1.0 --hash=sha256:${hash}\n`,
      );
      expect(fs.existsSync(ran)).toBe(false);
      // Compiled it is.
      const library = path.resolve(interpreter, '../../lib');
      const compiled = fs
        .readdirSync(library, { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.pyc'));
      expect(compiled.some(name => name.includes('busy'))).toBe(true);
      execFileSync(interpreter, ['-c', '']);
      expect(fs.existsSync(ran)).toBe(true);
    } finally {
      delete process.env.UV_FIND_LINKS;
    }
  });

  it.each([
    ['data/pyvenv.cfg', 'home = /etc\n'],
    ['scripts/python', '#!/bin/sh\n'],
    ['data/bin/python', '#!/bin/sh\n'],
  ])('are refused where a package brings a %s', async (place, text) => {
    const wheels = fs.mkdtempSync(path.join(folder, 'bold-'));
    const wheel = path.join(wheels, 'bold-1.0-py3-none-any.whl');
    execFileSync('python3', ['-c', BRINGING, wheel, place, text]);
    const hash = createHash('sha256')
      .update(fs.readFileSync(wheel))
      .digest('hex');
    process.env.UV_FIND_LINKS = wheels;
    try {
      const lock = `bold==1.0 --hash=sha256:${hash}\n`;
      await expect(environments.ensure(lock)).rejects.toThrow(
        // Scripts of that name uv refuses by itself.
        /pyvenv\.cfg or a python of its own|reserved name `python`/,
      );
      const made = path.join(folder, await environments.keyOf(lock));
      expect(fs.existsSync(`${made}.complete`)).toBe(false);
    } finally {
      delete process.env.UV_FIND_LINKS;
    }
  });

  it('are made of the dependencies of a pyproject.toml, by the same rules', async () => {
    const project = (text: string) => {
      const file = path.join(folder, 'pyproject.toml');
      fs.writeFileSync(file, text);
      return environments.lockOf(file);
    };
    expect(
      await project(
        '[project]\nname = "a"\nversion = "1"\ndependencies = ["six==1.17.0"]\n[project.urls]\nhome = "https://example.org"\n',
      ),
    ).toMatch(/^six==1\.17\.0/);
    for (const [text, reason] of [
      [
        '[project]\ndependencies = ["six @ \\u0068ttp://example.org/${HOME}/six.whl"]',
        /comes from an address/,
      ],
      [
        '[project]\ndependencies = ["six\\n-r /etc/hostname"]',
        /must be a list of texts/,
      ],
      ['[project]\ndynamic = ["dependencies"]', /must have a list/],
      ['[project\n', /is no TOML/],
    ] as const)
      await expect(project(text)).rejects.toThrow(reason);
  });

  it('have one lock, however many ask for it at once', async () => {
    const file = requirements('six==1.16.0\n');
    const leaving = new AbortController();
    const first = environments.lockOf(file, leaving.signal);
    while (resolvers().length === 0)
      await new Promise(resolve => setTimeout(resolve, 5));
    const others = Promise.all([
      environments.lockOf(file),
      environments.lockOf(file),
    ]);
    leaving.abort();
    await expect(first).rejects.toThrow(/abort/i);
    const [one, other] = await others;
    expect(one).toMatch(/^six==1\.16\.0/);
    expect(other).toBe(one);
  });

  it('are resolved by a user who can read no more than all can', async () => {
    const own = String(process.getuid?.());
    const isRoot = own === '0';
    const user = await ResolverUser.find();
    expect(user !== undefined).toBe(isRoot);
    const secret = path.join(folder, 'secret.txt');
    fs.writeFileSync(secret, 'password-of-the-platform', { mode: 0o600 });
    const script = 'id -u; cat "$0" || grep NoNewPrivs /proc/self/status';
    const [command, args] = user?.commandOf('sh', ['-c', script, secret]) ?? [
      'sh',
      ['-c', script, secret],
    ];
    const ran = spawnSync(command, args, { encoding: 'utf8' });
    expect(ran.stdout).toBe(
      isRoot ? '59999\nNoNewPrivs:\t1\n' : `${own}\npassword-of-the-platform`,
    );

    const users = new Set<string>();
    let isDone = false;
    const made = environments
      .lockOf(requirements('idna<3.11\n'))
      .finally(() => (isDone = true));
    while (!isDone) {
      for (const uid of resolvers()) users.add(uid);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    expect(await made).toContain('idna==');
    const isReached = await user?.reaches('/usr/bin/python3');
    expect([...users]).toEqual([isReached ? '59999' : own]);
  });
});
