import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { eventually, root } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

const execute = promisify(execFile);
const NAME = 'wine-cultivar';

/** What somebody does who follows the documentation: each file and each command as it shows them. */
test('the page on machine learning: from nothing to an answer', async () => {
  test.setTimeout(900_000);
  const platform = sharedPlatform();
  const page = fs.readFileSync(path.join(root, 'docs/ml.md'), 'utf8');
  const shown = (language: string, nth = 0) =>
    [...page.matchAll(new RegExp(`\n\`\`\`${language}\n([^]*?)\`\`\``, 'g'))][
      nth
    ][1];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'wine-cultivar-'));
  const shell = async (command: string, env: Record<string, string> = {}) => {
    const { stdout } = await execute('sh', ['-ec', command], {
      cwd: folder,
      env: {
        ...process.env,
        PATH: `${folder}/.venv/bin:${process.env.PATH}`,
        ...env,
      },
    });
    return stdout;
  };

  // In the versions of the platform, which reads what they write.
  const versions = fs
    .readFileSync(
      path.join(root, 'packages/model-runner-python/requirements.txt'),
      'utf8',
    )
    .match(/^(scikit-learn|skops)==\S+/gm)!;
  fs.writeFileSync(path.join(folder, 'constraints.txt'), versions.join('\n'));
  await shell('python3 -m venv .venv');
  const [install] = /pip install [^`]+/.exec(page)!;
  await shell(install, {
    PIP_CONSTRAINT: 'constraints.txt',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_QUIET: '1',
  });
  fs.writeFileSync(path.join(folder, 'train.py'), shown('python'));
  const model = shown('yaml');
  const [, accuracy] = /accuracy: ([\d.]+)/.exec(model)!;
  expect(await shell('python train.py')).toBe(`accuracy ${accuracy}\n`);
  fs.writeFileSync(path.join(folder, 'cultivar/model.yaml'), model);

  const commandsOf = (text: string) =>
    [...text.matchAll(/npx model-platform ([^#`\n]+)/g)].map(([, command]) =>
      command.trim(),
    );
  const [, afterwards] = page.split('Train again, publish again');
  const typed = [
    ...commandsOf(shown('sh')),
    ...commandsOf(afterwards.split('\n')[0]),
  ];
  expect(typed.map(command => command.split(' ')[0])).toEqual([
    'test',
    'publish',
    'deploy',
    'invoke',
    'status',
    'logs',
  ]);
  let said = '';
  for (const command of typed) {
    const run = await platform.cli(command.split(' '), { cwd: folder });
    expect(run, run.stderr).toMatchObject({ code: 0 });
    if (command.startsWith('invoke')) said = run.stdout;
  }
  const { cultivar, probabilities } = JSON.parse(said);
  expect({
    cultivar,
    probabilities: probabilities.map((one: number) => Number(one.toFixed(3))),
  }).toEqual(JSON.parse(shown('json')));

  const { token } = await (
    await platform.api(`v1/endpoints/${NAME}/tokens`, {
      method: 'POST',
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
      token: await platform.signIn('mira'),
    })
  ).json();
  const curl = shown('sh', 1).replace(
    'http://127.0.0.1:7080',
    platform.quickstart.gatewayUrl,
  );
  const answered = await eventually('the new token is known', async () => {
    const answer = JSON.parse(await shell(curl, { TOKEN: token }));
    return answer.outputs && answer;
  });
  expect(answered).toMatchObject({
    outputs: [{ cultivar: 'class_2', probabilities: expect.any(Array) }],
    model: { name: NAME, version: 1 },
  });
  fs.rmSync(folder, { recursive: true });
});
