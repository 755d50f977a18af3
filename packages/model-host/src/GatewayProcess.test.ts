import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayRoute, GatewayState } from '@model-platform/model-wire';
import { DataFolder } from './DataFolder';
import { GatewayClient } from './GatewayClient';
import { GatewayProcess } from './GatewayProcess';
import { readHostSettings } from './HostSettings';
import { StateFile } from './StateFile';
import { buildPrograms, until } from './testPlatform';

jest.setTimeout(120_000);

const dataDir = mkdtempSync(join(tmpdir(), 'gateway-process-test-'));
let routes: GatewayRoute[] = ['iris', 'lily', 'rose'].map(route);
const read = jest.fn(() => routes.map(one => ({ ...one })));
const sent = {
  all: jest.spyOn(GatewayClient.prototype, 'putAll'),
  one: jest.spyOn(GatewayClient.prototype, 'put'),
  gone: jest.spyOn(GatewayClient.prototype, 'delete'),
};
let gateway: GatewayProcess;

beforeAll(async () => {
  buildPrograms();
  const folder = new DataFolder(dataDir);
  gateway = new GatewayProcess({
    settings: readHostSettings(
      { MODEL_PLATFORM_DATA_DIR: dataDir, GATEWAY_PORT: '0' },
      { pythonPath: dataDir },
    ),
    folder,
    state: StateFile.open(folder.stateFile, message => {
      throw new Error(message);
    }),
    routes: read,
    settled: Promise.resolve(),
    onEnd: () => {},
  });
  gateway.start();
  await until(() => gateway.state.ready);
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

function route(endpoint: string): GatewayRoute {
  const labels = {
    system: 'plants',
    model: endpoint,
    version: '1',
    environment: 'local',
    endpoint,
    variant: 'main',
    revision: '1',
  };
  return {
    endpoint,
    revision: 1,
    variants: [{ name: 'main', weight: 1, labels, runners: [`${endpoint}-0`] }],
    tokens: [
      {
        id: 'one',
        hash: createHash('sha256').update(endpoint).digest('hex'),
        consumer: 'app',
      },
    ],
    limits: { maxBodyBytes: 1_000, timeoutMs: 1_000 },
    upstreams: {},
  };
}

/** As the gateway itself tells it. */
async function told(): Promise<Record<string, string[]>> {
  const { adminUrl, adminSecret } = gateway.state;
  const response = await fetch(`${adminUrl}/routes`, {
    headers: { authorization: `Bearer ${adminSecret}` },
  });
  const state = (await response.json()) as GatewayState;
  return Object.fromEntries(
    state.routes.map(({ endpoint, runners }) => [endpoint, runners]),
  );
}

describe('GatewayProcess', () => {
  it('sends the routes that differ alone, and once for all that wait for it', async () => {
    expect(Object.keys(await told())).toEqual(['iris', 'lily', 'rose']);
    expect(sent.all).toHaveBeenCalledTimes(1);
    const before = gateway.route('lily');

    const [iris, lily, rose] = routes;
    const runner = 'lily-0';
    const upstream = { runner, url: 'http://127.0.0.1:9' };
    routes = [iris, { ...lily, upstreams: { [runner]: upstream } }, rose];
    read.mockClear();
    const pushes = Array.from({ length: 20 }, () => gateway.push());
    expect(await Promise.all(pushes)).toEqual(Array(20).fill(true));
    expect(read).toHaveBeenCalledTimes(1);
    expect(sent.one.mock.calls.map(([, { endpoint }]) => endpoint)).toEqual([
      'lily',
    ]);
    // Where its runners are is no part of the plan.
    expect(gateway.route('lily')).toEqual({ ...before, runners: [runner] });

    routes = [{ ...iris, revision: 2 }, rose];
    expect(await gateway.push()).toBe(true);
    expect(await told()).toEqual({ iris: [], rose: [] });
    expect(gateway.route('iris')?.revision).toBe(2);
    expect(gateway.route('lily')).toBe(undefined);
    expect(sent.one).toHaveBeenCalledTimes(2);
    expect(sent.gone).toHaveBeenCalledTimes(1);
    expect(sent.all).toHaveBeenCalledTimes(1);
  });

  it('takes the routes as they are when it begins, whoever asked for it', async () => {
    const [iris, ...others] = routes;
    routes = [{ ...iris, revision: 3 }, ...others];
    const first = gateway.push();
    await until(() => sent.one.mock.calls.length === 3);
    routes = [{ ...iris, revision: 4 }, ...others];
    await Promise.all([first, gateway.push()]);
    expect(gateway.route('iris')?.revision).toBe(4);
  });

  it('gives all of them to one that was started anew', async () => {
    const { pid } = gateway.state;
    process.kill(Number(pid), 'SIGKILL');
    await until(() => gateway.state.ready && gateway.state.pid !== pid);
    expect(sent.all).toHaveBeenCalledTimes(2);
    expect(await told()).toEqual({ iris: [], rose: [] });
  });
});
