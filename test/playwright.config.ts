import path from 'node:path';
import { defineConfig } from '@playwright/test';

// For the programs that tests start: dozens of portals with empty data folders, hundreds of commands.
process.env.NODE_COMPILE_CACHE ??= path.resolve(
  __dirname,
  '../.cache/compile-cache',
);

/** System tests: a platform that was really started, a real browser, the real CLI. */
export default defineConfig({
  outputDir: '../test-results',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json']],
  globalSetup: require.resolve('./platform/globalSetup'),
  use: {
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'cli', testDir: './cli' },
    { name: 'portal', testDir: './portal' },
    { name: 'mlflow', testDir: './mlflow' },
    { name: 'openapi', testDir: './openapi' },
    { name: 'endpoints', testDir: './endpoints' },
    // Each kill may take two starts of a platform.
    { name: 'faults', testDir: './faults', timeout: 600_000 },
    { name: 'kubernetes', testDir: './kubernetes' },
  ],
});
