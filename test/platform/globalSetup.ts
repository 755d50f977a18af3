import fs from 'node:fs';
import { FullConfig } from '@playwright/test';
import { startShared } from './sharedPlatform';

/** Starts the shared platform; fault tests start their own. */
export default async function globalSetup(config: FullConfig) {
  // Here, so that a worker that takes over after a failure throws the same dice.
  process.env.FAULT_SEED ||= String(Date.now() % 1_000_000);
  const chosen = process.argv.join(' ');
  if (
    /--project[ =]faults/.test(chosen) ||
    config.projects.every(({ name }) => name === 'faults')
  )
    return undefined;
  const platform = await startShared();
  return async () => {
    await platform.destroy();
    fs.rmSync(process.env.SHARED_PLATFORM_MARKER ?? '', { force: true });
  };
}
