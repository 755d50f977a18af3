import { execFileSync } from 'node:child_process';
import { installPackages } from './installPackages.mjs';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
];

function onPath() {
  for (const name of names) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], {
        encoding: 'utf8',
      }).trim();
    } catch {
      // the next one
    }
  }
  return process.env.CHROMIUM_PATH;
}

/** The machine's Chromium; on Debian, for root, it is installed where it is missing. Rejects with what to do. */
export async function ensureChromium() {
  const found = onPath();
  if (found) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    await installPackages(['chromium']);
    const installed = onPath();
    if (installed) return installed;
  }
  throw new Error(
    'The portal is tested in Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.',
  );
}
