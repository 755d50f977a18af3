import http from 'node:http';
import { AddressInfo } from 'node:net';
import { KubeConfig, V1Pod } from '@kubernetes/client-node';
import { KubernetesClient } from '@model-platform/model-cluster';
import { podLog } from './podLog';

const LINES = 400_000;
const stamp = (index: number) =>
  new Date(Date.UTC(2026, 0, 1) + index).toISOString();
const pod = {
  metadata: { name: 'm-iris', namespace: 'models-crm--live' },
  status: {
    phase: 'Succeeded',
    containerStatuses: [
      { name: 'runner', restartCount: 0, state: { terminated: {} } },
    ],
  },
} as V1Pod;

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

async function messages(options: Parameters<typeof podLog>[2]) {
  asked.length = 0;
  const found: string[] = [];
  for await (const { message } of podLog(client, () => pod, options)) {
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
    await messages({ tail: 0, grep: 'line', follow: true });
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
    const running = {
      ...pod,
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'runner', restartCount: 0, state: { running: {} } },
        ],
      },
    } as V1Pod;
    const found: string[] = [];
    const look = () => (answers?.length ? running : undefined);
    const lines = podLog(client, look, { tail: 0, follow: true });
    for await (const { message } of lines) found.push(message);
    expect(found).toEqual([
      'odd',
      expect.stringMatching(/^The log of this runner broke off: /),
      'next',
    ]);
  });
});
