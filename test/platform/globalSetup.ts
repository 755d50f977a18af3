import fs from 'node:fs';
import { FullConfig } from '@playwright/test';
import { startShared } from './sharedPlatform';

const WITHOUT = new Set(['faults', 'kubernetes']);

/** Starts the shared platform; fault tests start their own, and the driver of Kubernetes needs none. */
export default async function globalSetup(config: FullConfig) {
  // Here, so that a worker that takes over after a failure throws the same dice.
  process.env.FAULT_SEED ||= String(Date.now() % 1_000_000);
  const chosen = process.argv.join(' ');
  if (
    /--project[ =](faults|kubernetes)/.test(chosen) ||
    config.projects.every(({ name }) => WITHOUT.has(name))
  )
    return undefined;
  const platform = await startShared();
  return async () => {
    await platform.destroy();
    fs.rmSync(process.env.SHARED_PLATFORM_MARKER ?? '', { force: true });
  };
}
