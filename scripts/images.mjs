import { buildPrograms } from './lib/build.mjs';
import { exclusively } from './lib/exclusively.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { fail, say } from './lib/progress.mjs';
import { stageImages } from './lib/stageImages.mjs';
import { ensureToolchain } from './lib/toolchain.mjs';

/** `npm run images`: what the images of gateways and runtimes are built of, in `.cache/images`. */
try {
  await ensureInstalled(await ensureToolchain());
  await exclusively(buildPrograms);
  for (const folder of Object.values(stageImages())) say(folder);
} catch (error) {
  fail(error);
}
