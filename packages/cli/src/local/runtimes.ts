import fs from 'node:fs';
import path from 'node:path';
import { CliError } from '../errors/CliError';

const NAMES = { node: 'model-runner-node', python: 'model-runner-python' };

/**
 * Folder of a runtime: beside the command line in a clone of the platform,
 * else that of `MODEL_PLATFORM_RUNTIMES`.
 */
export function runtimeFolder(
  runtime: 'node' | 'python',
  env: Record<string, string | undefined>,
): string {
  const places = [
    ...(env.MODEL_PLATFORM_RUNTIMES ? [env.MODEL_PLATFORM_RUNTIMES] : []),
    path.resolve(__dirname, '../..'),
  ];
  for (const place of places) {
    const folder = path.join(place, NAMES[runtime]);
    if (fs.existsSync(folder)) return folder;
  }
  throw new CliError(
    'Failed',
    `The ${runtime} runtime is not here: it comes with a clone of the platform, not with this command alone.`,
    {
      details: [
        'Run the command in a clone (npx model-platform …), or let MODEL_PLATFORM_RUNTIMES name its folder packages.',
      ],
    },
  );
}
