import { ModelVersion, Page, VersionComparison } from '../types';
import { enc } from './enc';
import { PageQuery, RequestOptions } from './PlatformCalls';
import { PublishCalls } from './PublishCalls';

/** Versions and their files. @public */
export class VersionCalls extends PublishCalls {
  async listVersions(
    name: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<ModelVersion>> {
    return await this.json(`models/${enc(name)}/versions`, {
      ...options,
      query: { ...page },
    });
  }

  /** By number or alias. */
  async getVersion(
    name: string,
    version: number | string,
    options?: RequestOptions,
  ): Promise<ModelVersion> {
    return await this.json(
      `models/${enc(name)}/versions/${enc(String(version))}`,
      options,
    );
  }

  async archiveVersion(
    name: string,
    version: number,
    options?: RequestOptions & { reason?: string },
  ): Promise<ModelVersion> {
    return await this.json(`models/${enc(name)}/versions/${version}`, {
      ...options,
      method: 'DELETE',
      query: { reason: options?.reason },
    });
  }

  async restoreVersion(
    name: string,
    version: number,
    options?: RequestOptions & { reason?: string },
  ): Promise<ModelVersion> {
    return await this.json(`models/${enc(name)}/versions/${version}`, {
      ...options,
      method: 'PATCH',
      body: { archived: false, reason: options?.reason },
    });
  }

  /** For good; only what is archived and not in use. */
  async deleteVersion(
    name: string,
    version: number,
    options?: RequestOptions & { reason?: string },
  ): Promise<void> {
    await this.json(`models/${enc(name)}/versions/${version}`, {
      ...options,
      method: 'DELETE',
      query: { permanently: true, reason: options?.reason },
    });
  }

  /** Only what differs; by number or alias. */
  async compareVersions(
    name: string,
    before: number | string,
    after: number | string,
    options?: RequestOptions,
  ): Promise<VersionComparison> {
    return await this.json(
      `models/${enc(name)}/versions/${enc(String(before))}/compare/${enc(
        String(after),
      )}`,
      options,
    );
  }

  /** The file's bytes, as a response that streams. */
  async openFile(
    name: string,
    version: number | string,
    path: string,
    options?: RequestOptions & { range?: { start: number; end?: number } },
  ): Promise<Response> {
    const range = options?.range;
    return await this.send(
      `models/${enc(name)}/versions/${enc(String(version))}/files/${path
        .split('/')
        .map(enc)
        .join('/')}`,
      options ?? {},
      {
        headers: range
          ? { range: `bytes=${range.start}-${range.end ?? ''}` }
          : {},
      },
    );
  }

  /** All files of a version as one tar, as a response that streams. */
  async openArchive(
    name: string,
    version: number | string,
    options?: RequestOptions,
  ): Promise<Response> {
    return await this.send(
      `models/${enc(name)}/versions/${enc(String(version))}/archive`,
      options ?? {},
      { headers: {} },
    );
  }
}
