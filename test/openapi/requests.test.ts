import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { sharedPlatform } from '../platform/sharedPlatform';

const configs = {
  'any names': 'anyNames.toml',
  'a model, a deployment and an endpoint that are there': 'names.toml',
};

/** The same requests each time; another number makes others. */
const seed = process.env.OPENAPI_SEED ?? '1';

test.describe.serial('requests made of the OpenAPI document', () => {
  for (const [about, config] of Object.entries(configs)) {
    test(`are answered as it says, whatever they ask of ${about}`, async ({}, testInfo) => {
      testInfo.setTimeout(900_000);
      const python = process.env.TEST_PYTHON;
      if (!python)
        throw new Error('TEST_PYTHON must name a Python that has schemathesis');
      const { portalUrl, publisherToken } = sharedPlatform().quickstart;
      const api = `${portalUrl}/api/model-platform`;
      fs.mkdirSync(testInfo.outputPath(), { recursive: true });
      const requests = spawn(
        path.join(path.dirname(python), 'schemathesis'),
        [
          '--config-file',
          path.join(__dirname, config),
          'run',
          `${api}/openapi.json`,
          '--url',
          api,
          '--header',
          `Authorization: Bearer ${publisherToken}`,
          '--seed',
          seed,
        ],
        // Its working files go where the test's own do.
        { cwd: testInfo.outputPath(), stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let report = '';
      for (const stream of [requests.stdout, requests.stderr])
        stream.on('data', chunk => {
          report += chunk;
        });
      const code = await new Promise<number | null>((resolve, reject) => {
        requests.on('error', reject);
        requests.on('close', resolve);
      });
      expect(code, report.slice(report.indexOf('= FAILURES'))).toBe(0);
    });
  }
});
