import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { hostState } from '../faults/hostView';
import { sharedPlatform } from '../platform/sharedPlatform';
import { runProgram, testPython } from './runProgram';

test.describe("KServe's client", () => {
  for (const [name, runtime] of [
    ['iris', 'Node'],
    ['disease-progression', 'Python'],
  ]) {
    test(`works unmodified with ${name}, on the ${runtime} runtime, through the gateway and without it`, async ({}, testInfo) => {
      const { dataDir, quickstart } = sharedPlatform();
      const endpoint = quickstart.endpoints.find(one => one.name === name)!;
      const { deployments } = await hostState(dataDir);
      const [runner] = deployments[name].runners;
      const addresses = [
        {
          url: endpoint.url,
          headers: { authorization: `Bearer ${endpoint.token}` },
          refusal: 'needs a token',
        },
        {
          url: runner.url,
          headers: { 'x-model-runner-secret': runner.secret },
          refusal: 'answers to its gateway only',
        },
      ];
      fs.mkdirSync(testInfo.outputDir, { recursive: true });
      for (const { url, headers, refusal } of addresses) {
        const { code, output } = await runProgram(
          testPython(),
          [path.join(__dirname, 'kserve_client.py')],
          {
            cwd: testInfo.outputDir,
            env: {
              ENDPOINT_URL: url!,
              ENDPOINT_NAME: name,
              ENDPOINT_HEADERS: JSON.stringify(headers),
              ENDPOINT_REFUSAL: refusal,
              ENDPOINT_EXAMPLE: JSON.stringify(endpoint.exampleRequest.inputs),
            },
          },
        );
        expect(code, output).toBe(0);
        expect(output).toContain('all of it works');
      }
    });
  }
});
