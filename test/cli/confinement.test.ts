import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, Platform } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';

/** Reads what it is asked for, keeps memory, or never comes back. */
const code = `
import errno

hoard = []


def predict(model, inputs, context):
    subject = inputs["subject"]
    if subject == "for ever":
        while True:
            pass
    if subject == "everything":
        for _ in range(1024):
            hoard.append(bytearray(b"1" * (1 << 20)))
    try:
        with open(subject, "rb") as file:
            return {"answer": f"read {len(file.read())} bytes"}
    except OSError as error:
        return {"answer": errno.errorcode[error.errno]}
`;

test.describe.serial('endpoint code on a machine of its own platform', () => {
  test.skip(process.platform !== 'linux', 'Only Linux can confine runners.');
  test.setTimeout(900_000);

  const environment = {
    RUNNER_CONFINEMENT: 'none',
    MODEL_PLATFORM_EXAMPLES: 'iris',
  };
  let platform: Platform;

  test.beforeAll(async () => {
    platform = await Platform.create(environment);
  });
  test.afterAll(async () => await platform.destroy());

  const call = async (subject: string) =>
    await platform.cli([
      ...['invoke', 'curious', '--json'],
      ...['--data', JSON.stringify({ subject })],
    ]);

  const answer = async (subject: string) =>
    await eventually('an answer', async () => {
      const { stdout, code: exitCode } = await call(subject);
      return exitCode === 0 && (JSON.parse(stdout).outputs.answer as string);
    });

  const secrets = () =>
    [
      'secrets.json',
      'quickstart.json',
      'db/model-platform.sqlite',
      'host/host.json',
      'logs/portal.log',
    ].map(file => path.join(platform.dataDir, file));

  test('is not confined where that is switched off, and the start says so', async () => {
    await platform.start();
    expect(platform.output).toMatch(/! runners are not confined: /);
    const folder = modelFolder('curious', model => {
      delete model.flavor;
      delete model.files;
      delete model.evaluation;
      model.signature = {
        inputs: [{ name: 'subject', type: 'string' }],
        outputs: [{ name: 'answer', type: 'string' }],
      };
      model.example = { subject: '/dev/null' };
      model.resources = { memory: '256Mi', cpu: '500m', timeoutSeconds: 2 };
    });
    fs.rmSync(path.join(folder, 'iris.onnx'));
    fs.writeFileSync(path.join(folder, 'endpoint.py'), code);
    const deployed = await platform.cli(['publish', folder, '--json']);
    expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
    expect((await platform.cli(['deploy', folder, '--json'])).code).toBe(0);
    expect(await answer(secrets()[0])).toMatch(/^read \d+ bytes$/);
    await platform.stop();
  });

  test('is confined from the next start on: nothing of the platform’s can be read', async () => {
    environment.RUNNER_CONFINEMENT = 'auto';
    await platform.start();
    expect(platform.output).toMatch(/✓ runners are confined: a file tree/);
    const { pids } = platform.quickstart as unknown as {
      pids: Record<string, number>;
    };
    for (const secret of [
      ...secrets(),
      ...Object.values(pids).map(pid => `/proc/${pid}/environ`),
    ])
      expect([secret, await answer(secret)]).toEqual([
        secret,
        expect.stringMatching(/^(ENOENT|EACCES|EPERM)$/),
      ]);
    expect(await answer('/dev/null')).toBe('read 0 bytes');
  });

  test('is ended when it takes too much memory or time, and status and log say why', async () => {
    const slow = await call('for ever');
    expect(slow.code).toBe(1);
    expect(slow.stdout).toContain('did not answer within 2000 ms');
    const status = async (reason: RegExp) =>
      await eventually('the reason', async () => {
        const { stdout } = await platform.cli(['status', 'curious']);
        return reason.test(stdout);
      });
    await status(/answered nothing for 7 s, .* never comes back/);
    expect(await answer('/dev/null')).toBe('read 0 bytes');
    expect((await call('everything')).code).toBe(1);
    await status(/used more than its 256Mi of memory; raise resources\.memory/);
    expect(await answer('/dev/null')).toBe('read 0 bytes');
    const logs = await platform.cli(['logs', 'curious']);
    expect(logs.stdout).toContain(
      'the runner ended: used more than its 256Mi of memory',
    );
  });
});
