import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { editModel, modelFolder } from '../platform/modelFolder';
import { root } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

/** Nothing of the clone is beside these folders. */
test.describe('the command as the platform hands it out', () => {
  test.setTimeout(900_000);

  const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-cache-'));

  test.afterAll(() => fs.rmSync(cache, { recursive: true, force: true }));

  async function npx(folder: string, ...args: string[]) {
    const { portalUrl } = sharedPlatform().quickstart;
    return await new Promise<{ code: number; stdout: string; stderr: string }>(
      resolve => {
        execFile(
          'npx',
          ['--yes', `${portalUrl}/api/model-platform/cli.tgz`, ...args],
          { cwd: folder, env: { ...process.env, XDG_CACHE_HOME: cache } },
          (error, stdout, stderr) =>
            resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
        );
      },
    );
  }

  async function passes(folder: string): Promise<string> {
    const done = await npx(folder, 'test', '--json');
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    return done.stderr;
  }

  test('is small', async () => {
    const { portalUrl } = sharedPlatform().quickstart;
    const response = await fetch(`${portalUrl}/api/model-platform/cli.tgz`);
    const { byteLength } = await response.arrayBuffer();
    expect(byteLength).toBeLessThan(2 * 1024 * 1024);
  });

  test('tries ONNX models, with an engine that it fetches once', async () => {
    const folder = modelFolder('onnx-elsewhere');
    expect(await passes(folder)).toContain(
      'from npm, which models of the flavor onnx run on',
    );
    expect(await passes(folder)).not.toContain('from npm');
    fs.rmSync(folder, { recursive: true });
  });

  test('tries models in TypeScript and in Python', async () => {
    const folder = modelFolder('code-elsewhere', model => {
      delete model.flavor;
      delete model.files;
      model.signature = {
        inputs: [{ name: 'x', type: 'number' }],
        outputs: [{ name: 'y', type: 'number' }],
      };
      model.example = { x: 2 };
    });
    for (const name of ['iris.onnx', 'examples.yaml'])
      fs.rmSync(path.join(folder, name));
    fs.writeFileSync(
      path.join(folder, 'endpoint.ts'),
      'export const predict = (_: unknown, { x }: { x: number }) => ({ y: x * x });\n',
    );
    await passes(folder);

    fs.rmSync(path.join(folder, 'endpoint.ts'));
    fs.writeFileSync(
      path.join(folder, 'endpoint.py'),
      'def predict(model, inputs, context):\n    return {"y": "wrong"}\n',
    );
    const wrong = await npx(folder, 'test');
    expect(wrong.code).toBe(1);
    expect(`${wrong.stdout}${wrong.stderr}`).toContain(
      'outputs.y must be a number',
    );
    editModel(folder, model => (model.signature.outputs[0].type = 'string'));
    await passes(folder);
    fs.rmSync(folder, { recursive: true });
  });

  test('tries the examples of the clone, copied elsewhere', async () => {
    for (const name of ['ward-staffing', 'planting-advice']) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'elsewhere-'));
      fs.cpSync(path.join(root, 'examples', name), folder, { recursive: true });
      await passes(folder);
      fs.rmSync(folder, { recursive: true });
    }
  });
});
