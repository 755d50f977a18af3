import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { sharedPlatform } from '../platform/sharedPlatform';
import { runProgram, testPython } from './runProgram';

test.describe("Triton's client", () => {
  for (const [name, runtime] of [
    ['iris', 'Node'],
    ['disease-progression', 'Python'],
  ]) {
    test(`works unmodified with ${name}, on the ${runtime} runtime`, async ({}, testInfo) => {
      const { gatewayUrl, endpoints } = sharedPlatform().quickstart;
      const endpoint = endpoints.find(one => one.name === name)!;
      fs.mkdirSync(testInfo.outputDir, { recursive: true });
      const { code, output } = await runProgram(
        testPython(),
        [path.join(__dirname, 'triton_client.py')],
        {
          cwd: testInfo.outputDir,
          env: {
            ENDPOINT_ADDRESS: `${new URL(gatewayUrl).host}/${name}`,
            ENDPOINT_NAME: name,
            ENDPOINT_TOKEN: endpoint.token,
            ENDPOINT_EXAMPLE: JSON.stringify(endpoint.exampleRequest.inputs),
          },
        },
      );
      expect(code, output).toBe(0);
      expect(output).toContain('all of it works');
    });
  }
});
