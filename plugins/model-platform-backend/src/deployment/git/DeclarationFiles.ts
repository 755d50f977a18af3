import fs from 'node:fs';
import path from 'node:path';
import { UrlReaderService } from '@backstage/backend-plugin-api';
import {
  isError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { DeclaredDocument } from '@model-platform/plugin-model-platform-common';
import * as git from 'isomorphic-git';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { documentIn } from './documentIn';
import { pathInRepository } from './pathInRepository';
import { isDeclared } from '../changes/requireSource';

/** In a repository of this machine: name, branch and file. */
const LOCAL = /^model-platform-git:([\w.-]+)@(.+)\/([^/]+)$/;

/** Files in Git that declare deployments, read where the catalog reads them. */
export class DeclarationFiles {
  constructor(
    private readonly options: {
      urlReader: UrlReaderService;
      /** Folder of bare repositories, `<name>.git`. */
      directory?: string;
    },
  ) {}

  /**
   * As it is in Git now, which may be newer than what was applied. Throws
   * `NotFoundError` where no file declares it, `ServiceUnavailableError` where
   * that cannot be read.
   */
  async read(deployment: DeploymentRecord): Promise<DeclaredDocument> {
    const { name, source: location } = deployment;
    if (!isDeclared(deployment)) {
      throw new NotFoundError(`No file declares the deployment ${name}`);
    }
    const document = documentIn(await this.textOf(location), name);
    if (!document) {
      throw new NotFoundError(
        `${location} has no ModelDeployment ${name} any more`,
      );
    }
    return { location, path: pathOf(location), ...document };
  }

  private async textOf(location: string): Promise<string> {
    try {
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
        await this.bytesOf(location),
      );
    } catch (error) {
      throw new ServiceUnavailableError(
        `${location} cannot be read: ${
          isError(error) ? error.message : String(error)
        }`,
      );
    }
  }

  private async bytesOf(location: string): Promise<Uint8Array> {
    const { urlReader, directory } = this.options;
    const [, repository, branch, filepath] = LOCAL.exec(location) ?? [];
    if (repository && directory) {
      const gitdir = path.join(directory, `${repository}.git`);
      const ref = `refs/heads/${branch}`;
      const oid = await git.resolveRef({ fs, gitdir, ref });
      return (await git.readBlob({ fs, gitdir, oid, filepath })).blob;
    }
    if (!location.startsWith('url:')) {
      throw new Error('it is no address that the platform reads');
    }
    const response = await urlReader.readUrl(location.slice('url:'.length));
    return await response.buffer();
  }
}

function pathOf(location: string): string | undefined {
  const local = LOCAL.exec(location);
  return local ? local[3] : pathInRepository(location.slice('url:'.length));
}
