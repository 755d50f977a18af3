import { createHash, randomFillSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { ForwardProxy } from '../platform/ForwardProxy';
import { PortalFront } from '../platform/PortalFront';
import { editModel, modelFolder } from '../platform/modelFolder';
import { eventually, freePort, Platform } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

const MIB = 1024 * 1024;
const LARGE_BYTES = 320 * MIB;

test.describe('publishing from the command line', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test('a large file goes in parts; killed in the middle, the next run goes on and says so', async () => {
    const folder = modelFolder('killed in the middle', model => {
      model.files = ['iris.onnx', 'weights.bin'];
    });
    const weights = randomFillSync(Buffer.alloc(LARGE_BYTES));
    fs.writeFileSync(path.join(folder, 'weights.bin'), weights);
    const before = platform.blobBytesInFlight();
    const started = platform.cliProcess(['publish', folder, '--json']);
    await eventually(
      'some parts have arrived',
      () =>
        platform.blobBytesInFlight() - before > 48 * MIB ||
        started.exitCode !== null,
    );
    started.kill('SIGKILL');
    await eventually('the CLI ended', () => started.signalCode !== null);
    expect((await platform.api('v1/models/killed-in-the-middle')).status).toBe(
      404,
    );

    const finished = await platform.cli(['publish', folder, '--json']);
    expect(finished, finished.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(finished.stdout)).toMatchObject({
      version: 1,
      resumed: true,
      uploaded: { files: 1, bytes: LARGE_BYTES },
      deduplicated: { files: 1 },
    });
    expect(finished.stderr).toContain(
      'Going on with version 1 of killed in the middle, which an earlier run began: 1 of 2 files are there.',
    );
    const [, arrived] =
      /weights\.bin: ([\d.]+) MiB of 320 MiB had arrived before\./.exec(
        finished.stderr,
      ) ?? [];
    expect(Number(arrived)).toBeGreaterThanOrEqual(8);
    const downloaded = await platform.api(
      'v1/models/killed-in-the-middle/versions/latest/files/weights.bin',
    );
    expect(
      createHash('sha256')
        .update(Buffer.from(await downloaded.arrayBuffer()))
        .digest('hex'),
    ).toBe(createHash('sha256').update(weights).digest('hex'));

    editModel(folder, model => {
      model.metadata.limitations = 'None that we know of.';
    });
    const dry = await platform.cli(['publish', folder, '--dry-run']);
    expect(dry, dry.stderr).toMatchObject({ code: 0 });
    const again = await platform.cli(['publish', folder]);
    expect(again.stdout).toMatch(
      /version 2 \(0 files, 0 B sent; 2 files, 320 MiB there already\)/,
    );
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('takes the proxy that the environment names, and none for hosts without one', async () => {
    const front = await PortalFront.start({ port: platform.ports.portal });
    const proxy = await ForwardProxy.start({ 'portal.test:80': front.port });
    const folder = modelFolder('by proxy');
    // Nobody but the proxy knows this host.
    const MODEL_PLATFORM_URL = 'http://portal.test';
    try {
      const direct = await platform.cli(['publish', folder], {
        env: { MODEL_PLATFORM_URL },
      });
      expect(direct).toMatchObject({ code: 3 });
      expect(direct.stderr).toContain('Cannot reach the platform');
      expect(proxy.asked).toEqual([]);

      const env = { MODEL_PLATFORM_URL, HTTP_PROXY: proxy.url };
      const published = await platform.cli(['publish', folder, '--json'], {
        env,
      });
      expect(published, published.stderr).toMatchObject({ code: 0 });
      expect(new Set(proxy.asked)).toEqual(new Set(['portal.test:80']));

      proxy.asked.length = 0;
      const spared = await platform.cli(['search', 'proxy'], {
        env: { ...env, NO_PROXY: 'elsewhere.test,portal.test' },
      });
      expect(spared).toMatchObject({ code: 3 });
      // This machine itself needs no proxy.
      const local = await platform.cli(['search', 'proxy'], {
        env: { HTTP_PROXY: proxy.url },
      });
      expect(local, local.stderr).toMatchObject({ code: 0 });
      expect(proxy.asked).toEqual([]);

      const dead = await platform.cli(['search', 'proxy'], {
        env: { ...env, HTTP_PROXY: `http://127.0.0.1:${await freePort()}` },
      });
      expect(dead).toMatchObject({ code: 3 });
      expect(dead.stderr).toContain('NO_PROXY lists hosts to reach without it');
    } finally {
      await proxy.stop();
      await front.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  test('trusts an own certificate authority that it is given, through a proxy too', async () => {
    const front = await PortalFront.start({
      port: platform.ports.portal,
      tlsFor: ['localhost', 'portal.test'],
    });
    const proxy = await ForwardProxy.start({ 'portal.test:443': front.port });
    const folder = modelFolder('by tls');
    try {
      const MODEL_PLATFORM_URL = `https://localhost:${front.port}`;
      const unknown = await platform.cli(['publish', folder], {
        env: { MODEL_PLATFORM_URL },
      });
      expect(unknown).toMatchObject({ code: 3 });
      expect(unknown.stderr).toContain(
        'its certificate is not trusted; give its CA with NODE_EXTRA_CA_CERTS',
      );
      const NODE_EXTRA_CA_CERTS = front.caFile;
      const published = await platform.cli(['publish', folder, '--json'], {
        env: { MODEL_PLATFORM_URL, NODE_EXTRA_CA_CERTS },
      });
      expect(published, published.stderr).toMatchObject({ code: 0 });
      const tunnelled = await platform.cli(['publish', folder], {
        env: {
          MODEL_PLATFORM_URL: 'https://portal.test',
          NODE_EXTRA_CA_CERTS,
          HTTPS_PROXY: proxy.url,
        },
      });
      expect(tunnelled, tunnelled.stderr).toMatchObject({ code: 0 });
      expect(tunnelled.stdout).toContain('by tls is unchanged');
      expect(new Set(proxy.asked)).toEqual(new Set(['portal.test:443']));
    } finally {
      await proxy.stop();
      await front.stop();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
});
