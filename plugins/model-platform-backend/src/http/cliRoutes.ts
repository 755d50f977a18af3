import { createHash } from 'node:crypto';
import { createReadStream, promises as fs } from 'node:fs';
import path from 'node:path';
import { Config } from '@backstage/config';
import { NotFoundError } from '@backstage/errors';
import { Router } from 'express';
import PromiseRouter from 'express-promise-router';
import { sendFile } from './sendFile';

const CLI_PACKAGE = '@model-platform/cli/package.json';

/** The command line client as a package that `npx <url>` runs; no sign-in needed. */
export function cliRoutes(config: Config): Router {
  const router = PromiseRouter();
  router.get('/cli.tgz', async (req, res) => {
    const archive = findArchive(config);
    const stat = archive
      ? await fs.stat(archive).catch(() => undefined)
      : undefined;
    if (!archive || !stat?.isFile()) {
      throw new NotFoundError(
        'The command line client is not built here. Whoever runs the platform can build it (npm run build) or name it in modelPlatform.cli.archivePath',
      );
    }
    const facts = createHash('sha256')
      .update(`${archive} ${stat.size} ${stat.mtimeMs}`)
      .digest('hex');
    await sendFile(req, res, {
      name: 'model-platform-cli.tgz',
      type: 'application/gzip',
      etag: `"${facts.slice(0, 32)}"`,
      sizeBytes: stat.size,
      open: async range => createReadStream(archive, range),
    });
  });
  return router;
}

function findArchive(config: Config): string | undefined {
  const configured = config.getOptionalString('modelPlatform.cli.archivePath');
  if (configured) {
    return path.resolve(configured);
  }
  try {
    return path.join(
      path.dirname(require.resolve(CLI_PACKAGE)),
      'dist',
      'cli.tgz',
    );
  } catch {
    return undefined;
  }
}
