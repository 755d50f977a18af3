import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, isAlive, Platform } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';

/** A platform of its own: what is killed here must not take other tests with it. */
test.describe.serial('what survives what', () => {
  let platform: Platform;

  test.beforeAll(async () => {
    platform = await Platform.create({ MODEL_PLATFORM_EXAMPLES: 'iris' });
    await platform.start();
  });

  test.afterAll(async () => {
    await platform.destroy();
  });

  const runners = async (name: string) => {
    const { runners: all } = await (
      await platform.api(`v1/deployments/${name}`)
    ).json();
    return all as Array<{
      pid: number;
      phase: string;
      restarts: number;
      message?: string;
      version: number;
    }>;
  };

  test('quickstart.json is private, and a second start on the same folder is refused', async () => {
    expect(
      fs.statSync(path.join(platform.dataDir, 'quickstart.json')).mode & 0o777,
    ).toBe(0o600);
    expect(
      fs.statSync(path.join(platform.dataDir, 'secrets.json')).mode & 0o777,
    ).toBe(0o600);
    const second = Platform.attach({
      dataDir: platform.dataDir,
      ports: platform.ports,
    });
    second.spawn();
    expect(await second.ended()).toBe(1);
    expect(second.output).toMatch(/already running/);
    expect((await platform.predict('iris')).status).toBe(200);
  });

  test('a port in use is one clear line', async () => {
    const blocker = net.createServer();
    await new Promise<void>(resolve => {
      blocker.listen(0, '127.0.0.1', resolve);
    });
    const other = await Platform.create({
      PORTAL_PORT: String((blocker.address() as net.AddressInfo).port),
    });
    other.spawn();
    expect(await other.ended()).toBe(1);
    expect(other.output.trim().split('\n').pop()).toMatch(
      /^Port \d+ on 127\.0\.0\.1 is in use\./,
    );
    await new Promise(resolve => {
      blocker.close(resolve);
    });
    await other.destroy();
  });

  test('a killed runner is started again, counted and visible', async () => {
    const [before] = await runners('iris');
    process.kill(before.pid, 'SIGKILL');
    const after = await eventually('another runner is ready', async () =>
      (
        await runners('iris')
      ).find(({ pid, phase }) => pid !== before.pid && phase === 'ready'),
    );
    expect(after.restarts).toBe(before.restarts + 1);
    expect(after.message).toMatch(/SIGKILL/);
    await eventually(
      'it answers',
      async () => (await platform.predict('iris')).status === 200,
    );
    await eventually('it is counted', async () => {
      const metrics = await (
        await platform.api('v1/models/iris/metrics?range=1h')
      ).json();
      return metrics.runnerRestarts >= 1;
    });
  });

  test('a killed portal leaves gateway and runners serving; the next start finds them', async () => {
    const { pids } = platform.quickstart;
    const before = await runners('iris');
    process.kill(pids.portal, 'SIGKILL');
    expect(await platform.ended()).toBe(1);
    for (let call = 0; call < 20; call += 1)
      expect((await platform.predict('iris')).status).toBe(200);
    await platform.start();
    const after = await runners('iris');
    expect(after.map(({ pid }) => pid)).toEqual(before.map(({ pid }) => pid));
    expect(platform.quickstart.pids.gateway).toBe(pids.gateway);
    expect((await platform.predict('iris')).status).toBe(200);
  });

  test('a portal killed during a publish leaves no half version', async () => {
    const folder = modelFolder('half published', model => {
      model.files = ['iris.onnx', 'weights.bin'];
    });
    fs.writeFileSync(
      path.join(folder, 'weights.bin'),
      Buffer.alloc(128 * 1024 * 1024, 3),
    );
    const { portal } = platform.quickstart.pids;
    const publishing = platform.cliProcess(['publish', folder, '--json']);
    await eventually(
      'bytes arrive',
      () =>
        platform.blobBytesInFlight() > 1024 * 1024 ||
        publishing.exitCode !== null,
    );
    process.kill(portal, 'SIGKILL');
    await platform.ended();
    publishing.kill('SIGKILL');
    await platform.start();
    expect((await platform.api('v1/models/half-published')).status).toBe(404);
    const again = await platform.cli(['publish', folder, '--json']);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    const { items } = await (
      await platform.api('v1/models/half-published/versions')
    ).json();
    expect(
      items.filter(({ status }: { status: string }) => status === 'ready'),
    ).toHaveLength(1);
  });

  test('a portal killed during a deploy converges after the next start', async () => {
    const folder = modelFolder('half deployed');
    expect((await platform.cli(['publish', folder])).code).toBe(0);
    const { portal } = platform.quickstart.pids;
    const deploying = platform.cliProcess(['deploy', folder, '--json']);
    await eventually(
      'the deployment is known',
      async () =>
        (await platform.api('v1/deployments/half-deployed')).status === 200,
    );
    process.kill(portal, 'SIGKILL');
    await platform.ended();
    deploying.kill('SIGKILL');
    await platform.start();
    await eventually('it is ready', async () => {
      const deployment = await (
        await platform.api('v1/deployments/half-deployed')
      ).json();
      return deployment.phase === 'Ready';
    });
    expect(
      (await runners('half-deployed')).filter(({ phase }) => phase === 'ready'),
    ).toHaveLength(1);
  });

  test('SIGTERM on npm start stops everything, and the next start serves again', async () => {
    const { pids, endpoints } = platform.quickstart;
    const names = endpoints.map(({ name }) => name);
    const running = (await Promise.all(names.map(runners)))
      .flat()
      .map(({ pid }) => pid);
    const [{ token }] = endpoints;
    await platform.stop('SIGTERM');
    for (const pid of [pids.portal, pids.gateway, ...running])
      expect(isAlive(pid)).toBe(false);
    expect(fs.existsSync(path.join(platform.dataDir, 'quickstart.json'))).toBe(
      false,
    );
    await platform.start();
    expect(platform.quickstart.endpoints[0].token).toBe(token);
    await eventually('all answer', async () => {
      const answers = await Promise.all(
        names.map(name => platform.predict(name)),
      );
      return answers.every(({ status }) => status === 200);
    });
  });
});
