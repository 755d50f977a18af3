import http from 'node:http';
import { AddressInfo } from 'node:net';
import { KubeConfig, V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import { KubernetesClient } from '@model-platform/model-cluster';
import { podLog } from './podLog';

const LINES = 400_000;

jest.setTimeout(60_000);

const stamp = (index: number) =>
  new Date(Date.UTC(2026, 0, 1) + index).toISOString();
const podOf = (
  phase: string,
  status: Pick<V1ContainerStatus, 'restartCount' | 'state' | 'lastState'>,
) =>
  ({
    metadata: { name: 'm-iris', namespace: 'models-crm--live' },
    status: { phase, containerStatuses: [{ name: 'runner', ...status }] },
  } as V1Pod);
const terminated = { exitCode: 1 };
const pod = podOf('Succeeded', { restartCount: 0, state: { terminated } });
const running = podOf('Running', { restartCount: 0, state: { running: {} } });

let server: http.Server;
let client: KubernetesClient;
const asked: Array<Record<string, string>> = [];
/** What is answered instead, one after the other. */
let answers: Array<{ lines: string[]; breaksOff?: boolean }> | undefined;

beforeAll(async () => {
  // Of an API server its logs alone.
  server = http.createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://logs').searchParams;
    asked.push(Object.fromEntries(query));
    if (answers) {
      const { lines = [], breaksOff } = answers.shift() ?? {};
      const text = lines.map(line => `${line}\n`).join('');
      if (breaksOff) response.write(text, () => response.destroy());
      else response.end(text);
      return;
    }
    const tail = Number(query.get('tailLines') ?? LINES);
    const lines = Array.from(
      { length: tail },
      (_, place) => LINES - tail + place,
    );
    response.end(
      lines.map(index => `${stamp(index)} line ${index}\n`).join(''),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'tests',
        server: `http://127.0.0.1:${port}`,
        skipTLSVerify: true,
      },
    ],
    users: [{ name: 'tests' }],
    contexts: [{ name: 'tests', cluster: 'tests', user: 'tests' }],
    currentContext: 'tests',
  });
  client = new KubernetesClient(config);
});

afterEach(() => {
  answers = undefined;
});

afterAll(() => {
  server.close();
});

async function messages(
  options: Parameters<typeof podLog>[2],
  look: () => V1Pod | undefined = () => pod,
) {
  asked.length = 0;
  const found: string[] = [];
  for await (const { message } of podLog(client, look, options)) {
    found.push(message);
  }
  return found;
}

describe('the log of a pod', () => {
  it('is looked through for the last lines that are wanted', async () => {
    expect(await messages({ tail: 2, grep: 'LINE 12' })).toEqual([
      'line 129998',
      'line 129999',
    ]);
  });

  it('is not read where none of its lines are wanted, or only those that come', async () => {
    expect(await messages({ tail: 0, grep: 'line' })).toEqual([]);
    expect(asked).toEqual([]);
    const looks = [running, running];
    await messages({ tail: 0, grep: 'line', follow: true }, () =>
      looks.shift(),
    );
    expect(asked[0]).toMatchObject({ tailLines: '1' });
    expect(asked[1]).toMatchObject({
      follow: 'true',
      sinceTime: stamp(LINES - 1).replace(/\.\d+Z$/, 'Z'),
    });
  });

  it('is read on where it breaks off, whatever times its lines say', async () => {
    const at = (nanoseconds: string) => `2026-01-01T00:00:00.${nanoseconds}Z`;
    const first = `${at('000000001')} {"message":"first"}`;
    const odd = `${at('000000002')} {"at":"never","message":"odd"}`;
    const next = `${at(
      '000000003',
    )} {"at":"2999-01-01T00:00:00Z","message":"next"}`;
    answers = [
      { lines: [first] },
      { lines: [first, odd], breaksOff: true },
      { lines: [], breaksOff: true },
      { lines: [first, odd, next] },
    ];
    const found = await messages({ tail: 0, follow: true }, () =>
      answers?.length ? running : undefined,
    );
    expect(found).toEqual([
      'odd',
      expect.stringMatching(/^The log of this runner broke off: /),
      'next',
    ]);
  });

  it('is asked for once of a container that waits after its end, and again once it was started', async () => {
    const waits = (restartCount: number) =>
      podOf('Running', {
        restartCount,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated },
      });
    const looks = [1, 1, 1, 1, 2, 2].map(waits);
    const lines = [1, 2, 3].map(
      index => `2026-01-01T00:00:00.00000000${index}Z line ${index}`,
    );
    answers = [1, 2, 2, 3].map(count => ({ lines: lines.slice(0, count) }));
    expect(
      await messages({ tail: 5, follow: true }, () => looks.shift()),
    ).toEqual(['line 1', 'line 2', 'line 3']);
    expect(asked.map(({ previous, follow }) => ({ previous, follow }))).toEqual(
      [{ previous: 'true' }, {}, { previous: 'true' }, { follow: 'true' }],
    );
  });
});
