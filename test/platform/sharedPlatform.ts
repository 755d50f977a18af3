import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Platform } from './Platform';

const markerOf = (pid: number) =>
  path.join(os.tmpdir(), `model-platform-shared-${pid}.json`);

/** One started platform for all tests that don't kill anything. */
export async function startShared(): Promise<Platform> {
  const platform = await Platform.create();
  await platform.start();
  fs.writeFileSync(
    markerOf(process.pid),
    JSON.stringify({ dataDir: platform.dataDir, ports: platform.ports }),
  );
  process.env.SHARED_PLATFORM_MARKER = markerOf(process.pid);
  return platform;
}

/** The shared platform, seen from a test. */
export function sharedPlatform(): Platform {
  const marker = process.env.SHARED_PLATFORM_MARKER;
  if (!marker)
    throw new Error('The shared platform is started by the global set-up.');
  return Platform.attach(JSON.parse(fs.readFileSync(marker, 'utf8')));
}
