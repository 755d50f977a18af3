import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RunnerManifest, RunnerSpec } from '@model-platform/model-wire';
import { packageFolder } from './packageFolder';
import { TestPlatform } from './testPlatform';

const REPOSITORY = resolve(
  packageFolder('@model-platform/model-host'),
  '../..',
);

/** What endpoint code can be asked to try. For tests. */
export interface Probe {
  act:
    | 'read'
    | 'write'
    | 'list'
    | 'signal'
    | 'leave'
    | 'environment'
    | 'limits'
    | 'fill'
    | 'spin'
    | 'burn'
    | 'crash'
    | 'hold';
  /** A path, a pid, megabytes, seconds, or the name of a file. */
  subject?: string;
}

const node = `
import fs from 'node:fs';
const hoard = [];
const acts = {
  read: path => fs.readFileSync(path, 'latin1'),
  write: path => { fs.writeFileSync(path, 'written'); return 'written'; },
  list: path => fs.readdirSync(path).join(' '),
  signal: pid => { process.kill(Number(pid), 0); return 'reached'; },
  environment: () => JSON.stringify(process.env),
  limits: () => fs.readFileSync('/proc/self/limits', 'latin1') + fs.readFileSync('/proc/self/status', 'latin1'),
  fill: megabytes => {
    for (let filled = 0; filled < Number(megabytes); filled += 8) hoard.push(Buffer.alloc(8 << 20, 1));
    return 'filled';
  },
  spin: () => { for (;;); },
  hold: name => {
    fs.writeFileSync(process.env.TMPDIR + '/' + name, '');
    while (!fs.existsSync(new URL(name, import.meta.url)));
    return 'let go';
  },
  burn: seconds => {
    const [begin, before] = [Date.now(), process.cpuUsage()];
    while (Date.now() < begin + seconds * 1000);
    const { user, system } = process.cpuUsage(before);
    return String((user + system) / 1000 / (Date.now() - begin));
  },
  crash: () => process.exit(3),
};
export function predict(model, { act, subject }) {
  try {
    return { answer: acts[act](subject) };
  } catch (error) {
    return { answer: 'refused: ' + error.code };
  }
}
`;

const python = `
import ctypes, errno, json, os, time

hoard = []

def read(path):
    with open(path, "rb") as file:
        return file.read().decode("latin1")

def write(path):
    with open(path, "w") as file:
        file.write("written")
    return "written"

def signal(pid):
    os.kill(int(pid), 0)
    return "reached"

def leave(_):
    # For a user namespace of its own, which only one with a single thread may.
    child = os.fork()
    if child == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        os._exit(ctypes.get_errno() if libc.unshare(0x10000000) else 0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != 0:
        raise OSError(code, "unshare")
    return "left"

def fill(megabytes):
    for _ in range(0, int(megabytes), 8):
        hoard.append(bytearray(b"1" * (8 << 20)))
    return "filled"

def spin(_):
    while True:
        pass

def burn(seconds):
    begin, before = time.monotonic(), time.process_time()
    while time.monotonic() < begin + float(seconds):
        pass
    return str((time.process_time() - before) / (time.monotonic() - begin))

ACTS = {
    "read": read,
    "write": write,
    "list": lambda path: " ".join(os.listdir(path)),
    "signal": signal,
    "leave": leave,
    "environment": lambda _: json.dumps(dict(os.environ)),
    "limits": lambda _: read("/proc/self/limits") + read("/proc/self/status"),
    "fill": fill,
    "spin": spin,
    "burn": burn,
    "crash": lambda _: os._exit(3),
}

def predict(model, inputs, context):
    try:
        return {"answer": ACTS[inputs["act"]](inputs.get("subject"))}
    except OSError as error:
        return {"answer": "refused: " + errno.errorcode[error.errno]}
`;

/** A call that keeps its runner, of Node, busy until it is told to let go. */
export function holdOf(platform: TestPlatform, spec: RunnerSpec, name: string) {
  return {
    probe: { act: 'hold', subject: name } satisfies Probe,
    /** Whether it has begun. */
    isHeld: () =>
      existsSync(join(platform.dataDir, 'host/scratch', spec.id, name)),
    letGo: () => writeFileSync(join(spec.directory, 'model', name), ''),
  };
}

/** A runner of endpoint code that does what it is asked; files lie as the portal lays them. */
export function probeSpec(
  platform: TestPlatform,
  options: {
    name: string;
    system: string;
    runtime: 'node' | 'python';
    changes?: Partial<RunnerSpec>;
  },
): RunnerSpec {
  const { name, system, runtime, changes } = options;
  const directory = join(platform.dataDir, 'runners', name, 'r1-main');
  const model = join(platform.dataDir, 'versions', name, '1', 'files');
  for (const folder of [directory, model]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  const endpoint = runtime === 'node' ? 'endpoint.js' : 'endpoint.py';
  const write = (path: string, text: string, mode: number) =>
    writeFileSync(path, text, { mode });
  write(join(model, endpoint), runtime === 'node' ? node : python, 0o400);
  write(join(model, 'knowledge.txt'), `what ${name} knows`, 0o400);
  const manifest: RunnerManifest = {
    formatVersion: 1,
    model: { name, slug: name, system, type: 'ml', description: name },
    version: 1,
    flavor: runtime,
    files: [endpoint],
    endpoint,
    signature: {
      inputs: [
        { name: 'act', type: 'string' },
        { name: 'subject', type: 'string', optional: true },
      ],
      outputs: [{ name: 'answer', type: 'string' }],
    },
    metrics: [],
  };
  write(join(directory, 'model.json'), JSON.stringify(manifest), 0o600);
  write(
    join(directory, 'endpoint-settings.json'),
    JSON.stringify({ secrets: { KEY: `secret of ${name}` } }),
    0o600,
  );
  symlinkSync(model, join(directory, 'model'));
  return {
    id: `${name}--r1-main-0`,
    endpoint: name,
    runtime,
    directory,
    variant: 'main',
    version: 1,
    revision: 1,
    environment: 'local',
    ...changes,
  };
}

/** A Python environment in the data folder, with what every runner needs. */
export function makePython(dataDir: string, PATH: string): string {
  const made = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
      process.umask(0o077);
      const { ensurePython } = await import(${JSON.stringify(
        join(REPOSITORY, 'scripts/lib/pythonRuntime.mjs'),
      )});
      process.stdout.write(JSON.stringify(await ensurePython({
        requirements: [${JSON.stringify(
          join(
            REPOSITORY,
            'packages/model-runner-python/requirements-runner.txt',
          ),
        )}],
        dataDir: ${JSON.stringify(dataDir)},
      })));`,
    ],
    { encoding: 'utf8', env: { ...process.env, PATH } },
  );
  const { python: interpreter, unavailable } = JSON.parse(made) as {
    python?: string;
    unavailable?: string;
  };
  if (!interpreter) {
    throw new Error(unavailable);
  }
  return interpreter;
}
