import {
  DirectRequest,
  DraftRequest,
  DraftResponse,
  FieldProblem,
  ModelVersion,
  PartsStatus,
} from '../types';
import { enc } from './enc';
import { ModelCalls } from './ModelCalls';
import { RequestOptions } from './PlatformCalls';

/** Publishing: a draft, its files, and its completion. @public */
export class PublishCalls extends ModelCalls {
  /** What a draft would be refused for; nothing is stored. */
  async checkDraft(
    request: DraftRequest,
    options?: RequestOptions,
  ): Promise<{ problems: FieldProblem[] }> {
    return await this.json(`models/${enc(request.model.name)}/versions`, {
      ...options,
      method: 'POST',
      query: { dryRun: true },
      body: request,
    });
  }

  async openDraft(
    request: DraftRequest,
    options?: RequestOptions & { idempotencyKey?: string },
  ): Promise<DraftResponse> {
    return await this.json(`models/${enc(request.model.name)}/versions`, {
      ...options,
      method: 'POST',
      body: request,
      headers: { 'idempotency-key': options?.idempotencyKey },
    });
  }

  async uploadBlob(
    version: { model: string; number: number },
    blob: {
      digest: string;
      sizeBytes: number;
      body: NonNullable<RequestInit['body']>;
    },
    options?: RequestOptions,
  ): Promise<void> {
    const response = await this.send(
      blobRoute(version, blob.digest),
      options ?? {},
      {
        method: 'PUT',
        body: blob.body,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(blob.sizeBytes),
        },
        duplex: 'half',
      },
    );
    // Short, and read to its end the connection serves the next part.
    await response.arrayBuffer();
  }

  /** Which parts of a large file the platform still lacks. */
  async getBlobParts(
    version: { model: string; number: number },
    digest: string,
    options?: RequestOptions,
  ): Promise<PartsStatus> {
    return await this.json(`${blobRoute(version, digest)}/parts`, options);
  }

  /** Sends one part of a large file. `sha256`: of the part, in Base64. */
  async uploadBlobPart(
    version: { model: string; number: number },
    digest: string,
    part: {
      number: number;
      sha256: string;
      sizeBytes: number;
      body: NonNullable<RequestInit['body']>;
    },
    options?: RequestOptions,
  ): Promise<void> {
    const response = await this.send(
      `${blobRoute(version, digest)}/parts/${part.number}`,
      options ?? {},
      {
        method: 'PUT',
        body: part.body,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(part.sizeBytes),
          'content-digest': `sha-256=:${part.sha256}:`,
        },
        duplex: 'half',
      },
    );
    // Short, and read to its end the connection serves the next part.
    await response.arrayBuffer();
  }

  /** The request that sends one part to the store itself, where `getBlobParts` says that it may. */
  async getDirectPart(
    version: { model: string; number: number },
    digest: string,
    part: { number: number; sha256: string },
    options?: RequestOptions,
  ): Promise<DirectRequest> {
    return await this.json(
      `${blobRoute(version, digest)}/parts/${part.number}/direct`,
      {
        ...options,
        method: 'POST',
        headers: { 'content-digest': `sha-256=:${part.sha256}:` },
      },
    );
  }

  /** Has the parts of a large file put together and verified as a whole; may be repeated. */
  async assembleBlob(
    version: { model: string; number: number },
    digest: string,
    options?: RequestOptions,
  ): Promise<void> {
    await this.json(`${blobRoute(version, digest)}/assemble`, {
      ...options,
      method: 'POST',
    });
  }

  async completeVersion(
    version: { model: string; number: number },
    options?: RequestOptions,
  ): Promise<ModelVersion> {
    return await this.json(
      `models/${enc(version.model)}/versions/${version.number}/complete`,
      {
        ...options,
        method: 'POST',
      },
    );
  }
}

function blobRoute(
  version: { model: string; number: number },
  digest: string,
): string {
  return `models/${enc(version.model)}/versions/${version.number}/blobs/${enc(
    digest,
  )}`;
}
