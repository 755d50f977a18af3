import { buildApp, buildPrograms } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { fail } from './lib/progress.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

try {
  const toolchain = await ensureToolchain();
  await ensureInstalled(toolchain);
  await buildPrograms();
  if (!process.argv.includes('--programs')) await buildApp(toolchain);
} catch (error) {
  fail(error);
}
