import path from 'node:path';
import { defineConfig } from '@playwright/test';

// For the programs that tests start: dozens of portals with empty data folders, hundreds of commands.
process.env.NODE_COMPILE_CACHE ??= path.resolve(
  __dirname,
  '../.cache/compile-cache',
);

/** Its results are its own: it empties their folder while others run. */
const project = (name: string) => ({
  name,
  testDir: `./${name}`,
  outputDir: `../test-results/${name}`,
});

/** System tests: a platform that was really started, a real browser, the real CLI. */
export default defineConfig({
  fullyParallel: false,
  workers: 1,
  retries: 0,
  // `npm test` runs two projects at a time, on machines with two slow processors too.
  timeout: 600_000,
  expect: { timeout: 60_000 },
  reporter: [['list'], ['json']],
  globalSetup: require.resolve('./platform/globalSetup'),
  use: {
    actionTimeout: 60_000,
    navigationTimeout: 120_000,
    screenshot: 'only-on-failure',
    // Its snapshots show each step; a film beside them is drawn without a GPU, for every test.
    trace: { mode: 'retain-on-failure', snapshots: true, screenshots: false },
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
    project('cli'),
    project('portal'),
    project('mlflow'),
    project('openapi'),
    project('endpoints'),
    // Each kill may take two starts of a platform.
    { ...project('faults'), timeout: 900_000 },
    project('kubernetes'),
  ],
});
