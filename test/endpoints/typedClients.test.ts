import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { root } from '../platform/Platform';
import { runProgram, testPython } from './runProgram';
import { ServedModel, serveModel } from './serveModel';
import { Runtime, typesFolder, typesManifest } from './typesFolder';

const tsc = path.join(root, 'node_modules/.bin/tsc');
const compile = ['--noEmit', '--strict', '--target', 'es2022', '--module'];
const options = [...compile, 'nodenext', '--allowImportingTsExtensions'];

const useTypescript = `
import { Client, EndpointError, type Inputs } from './client.ts';

const client = new Client(process.env.ENDPOINT_URL!, process.env.ENDPOINT_TOKEN!);
const line: Inputs = ${JSON.stringify(typesManifest.example)};
const { outputs, model } = await client.predict(line);
const { unit, ...withoutDefault } = line;
const batch = await client.predictBatch([line, withoutDefault]);
const refused = await client.predict({ ...line, day: '1.5.2026' }).catch((error: unknown) => error);
if (!(refused instanceof EndpointError)) throw refused;
const places: number = outputs.count_out;
console.log(JSON.stringify([outputs, model.variant, batch.outputs.map(one => one.unit_out), refused.status, refused.fields, places]));
`;
const usePython = `
import json, os
from client import Client, EndpointError, Inputs

client = Client(os.environ["ENDPOINT_URL"], os.environ["ENDPOINT_TOKEN"])
line: Inputs = json.loads(${JSON.stringify(
  JSON.stringify(typesManifest.example),
)})
answer = client.predict(line)
without_default = line.copy()
del without_default["unit"]
batch = client.predict_batch([line, without_default])
status, fields = 0, list[dict[str, str]]()
try:
    wrong = line.copy()
    wrong["day"] = "1.5.2026"
    client.predict(wrong)
except EndpointError as error:
    status, fields = error.status, error.fields
places: int = answer["outputs"]["count_out"]
units = [one["unit_out"] for one in batch["outputs"]]
print(json.dumps([answer["outputs"], answer["model"]["variant"], units, status, fields, places]))
`;
const told = [
  Object.fromEntries(
    Object.entries(typesManifest.example).map(([name, value]) => [
      `${name}_out`,
      value,
    ]),
  ),
  'main',
  ['mm', 'cm'],
  400,
  [
    {
      path: 'inputs.day',
      message: 'must be a date such as 2026-05-01, not other text',
    },
  ],
  7,
];

for (const runtime of ['node', 'python'] as Runtime[]) {
  test.describe
    .serial(`typed clients of a model on the ${runtime} runtime`, () => {
    let served: ServedModel;
    let folder: string;

    test.beforeAll(async () => {
      const name = `types-${runtime}-${Date.now().toString(36)}`;
      served = await serveModel(name, typesFolder(name, runtime));
      const answer = await fetch(`${served.url}/openapi.json`, {
        headers: { authorization: `Bearer ${served.token}` },
      });
      const { paths } = await answer.json();
      const samples: Array<{ lang: string; source: string }> =
        paths['/predict'].post['x-codeSamples'];
      folder = fs.mkdtempSync(path.join(os.tmpdir(), 'typed-client-'));
      const sourceOf = (language: string) =>
        samples.find(({ lang }) => lang === language)!.source;
      fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
      fs.writeFileSync(path.join(folder, 'client.ts'), sourceOf('TypeScript'));
      fs.writeFileSync(path.join(folder, 'client.py'), sourceOf('Python'));
      fs.writeFileSync(path.join(folder, 'use.ts'), useTypescript);
      fs.writeFileSync(path.join(folder, 'use.py'), usePython);
    });
    test.afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

    const environment = () => ({
      ENDPOINT_URL: served.url,
      ENDPOINT_TOKEN: served.token,
    });

    test('TypeScript: it compiles, and calls', async () => {
      const types = ['--types', 'node', '--typeRoots'];
      const all = [
        ...options,
        ...types,
        path.join(root, 'node_modules/@types'),
      ];
      const compiled = await runProgram(tsc, [...all, 'use.ts'], {
        cwd: folder,
      });
      expect(compiled, compiled.output).toMatchObject({ code: 0 });
      const { code, output } = await runProgram(
        process.execPath,
        ['--no-warnings', '--experimental-strip-types', 'use.ts'],
        { cwd: folder, env: environment() },
      );
      expect(code, output).toBe(0);
      expect(JSON.parse(output)).toEqual(told);

      fs.writeFileSync(
        path.join(folder, 'wrong.ts'),
        useTypescript
          .replace('"count":7', '"count":"7"')
          .replace('"unit":"mm"', '"unit":"inch"'),
      );
      const wrong = await runProgram(tsc, [...all, 'wrong.ts'], {
        cwd: folder,
      });
      expect(wrong.code).not.toBe(0);
      expect(wrong.output).toMatch(
        /'string' is not assignable to type 'number'/,
      );
      expect(wrong.output).toMatch(/'"inch"' is not assignable/);
    });

    test('Python: its types hold, and it calls', async () => {
      const mypy = ['-m', 'mypy', '--strict', '--no-incremental'];
      const checked = await runProgram(testPython(), [...mypy, 'use.py'], {
        cwd: folder,
      });
      expect(checked, checked.output).toMatchObject({ code: 0 });
      const { code, output } = await runProgram(testPython(), ['use.py'], {
        cwd: folder,
        env: environment(),
      });
      expect(code, output).toBe(0);
      expect(JSON.parse(output)).toEqual(told);
    });
  });
}
