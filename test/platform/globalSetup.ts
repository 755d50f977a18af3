import fs from 'node:fs';
import { FullConfig } from '@playwright/test';
import { startShared } from './sharedPlatform';

/** Starts the shared platform; fault tests start their own. */
export default async function globalSetup(config: FullConfig) {
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
