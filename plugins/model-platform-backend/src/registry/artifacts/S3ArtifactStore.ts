import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ClientConfig,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { isError, NotFoundError } from '@backstage/errors';
import {
  ArtifactStore,
  blobName,
  BlobPart,
  ByteRange,
  DirectAccess,
  hexOf,
  ListedBlob,
  PartedBlob,
  Sha256,
  StoredBlob,
  SystemScope,
  UnfinishedUpload,
} from '@model-platform/plugin-model-platform-node';
import {
  isOwnName,
  ownerOf,
  ownerStart,
  parseBlobName,
  parsePartName,
  partName,
  PARTS,
  partsFolder,
  UPLOADS,
  wholeOf,
} from './blobNames';
import { composeObject } from './composeObject';
import {
  listMultipartUploads,
  measureMultipartUpload,
} from './listMultipartUploads';
import { S3DirectAccess, S3DirectOptions } from './S3DirectAccess';
import { toS3Error } from './toS3Error';
import { VerifiedSource } from './VerifiedSource';

/** As many as one call deletes. */
const DELETE_CHUNK = 1000;
/** What one copy may hold, in one piece. */
const PIECE_BYTES = 1024 ** 3;

/** Where a store in S3 is, and how it is spoken to. */
export interface S3ArtifactStoreOptions {
  bucket: string;
  /** In front of every key, without a slash at either end. */
  prefix?: string;
  region?: string;
  /** Of a service that is not Amazon's. */
  endpoint?: string;
  /** `<endpoint>/<bucket>` rather than `<bucket>.<endpoint>`. */
  forcePathStyle?: boolean;
  /** The chain of the AWS SDK where absent. */
  credentials?: S3ClientConfig['credentials'];
  /** Hands out signed addresses; all bytes go through the platform where absent. */
  direct?: S3DirectOptions;
}

/**
 * Blobs in S3: `<prefix>/<system>/sha256/ab/<digest>`. An object is there only
 * once every byte of it was hashed: uploads of more than one piece are
 * completed after that, and those of one begin after it.
 */
export class S3ArtifactStore implements ArtifactStore {
  static create(options: S3ArtifactStoreOptions): S3ArtifactStore {
    const client = new S3Client({
      region: options.region ?? 'us-east-1',
      endpoint: options.endpoint,
      forcePathStyle: options.forcePathStyle,
      credentials: options.credentials,
      // What fails is thrown, and logged by who asked for it.
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      // A service that has gone silent is not waited for.
      requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
    });
    const prefix = options.prefix ? `${options.prefix}/` : '';
    return new S3ArtifactStore(
      client,
      options.bucket,
      prefix,
      options.direct && new S3DirectAccess({ ...options, prefix }),
    );
  }

  private constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly prefix: string,
    readonly direct?: DirectAccess,
  ) {}

  /** Rejects with what is wrong with bucket, credentials or network. */
  async check(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      // The answer to HEAD has no body that could name the error.
      if (isMissing(error)) error.name = 'NoSuchBucket';
      throw toS3Error(error, this.bucket);
    }
  }

  async has(digest: Sha256, scope: SystemScope): Promise<boolean> {
    return (await this.stat(digest, scope)) !== undefined;
  }

  async stat(
    digest: Sha256,
    scope: SystemScope,
  ): Promise<StoredBlob | undefined> {
    try {
      const { ContentLength } = await this.client.send(
        new HeadObjectCommand(this.at(blobName(digest, scope))),
      );
      return { digest, sizeBytes: ContentLength ?? 0 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw toS3Error(error, this.bucket);
    }
  }

  async write(
    source: Readable,
    expected: { digest?: Sha256; sizeBytes?: number },
    scope: SystemScope,
    hold?: (digest: Sha256) => Promise<void>,
  ): Promise<StoredBlob> {
    const { digest, sizeBytes } = expected;
    if (digest) await hold?.(digest);
    const name = digest && blobName(digest, scope);
    const temporary = `${UPLOADS}/${randomUUID()}`;
    const verified = new VerifiedSource(source, expected);
    await this.explained(async () => {
      const body = Readable.from(verified, { objectMode: false });
      try {
        await new Upload({
          client: this.client,
          params: {
            ...this.at(name ?? temporary),
            Body: body,
            ContentLength: sizeBytes,
            IfNoneMatch: '*',
          },
        }).done();
      } catch (error) {
        // Another upload of the same bytes was faster.
        if (isThereAlready(error)) return;
        // S3 may then hang up on a body that it need not read, and its answer is lost.
        if (!verified.isWhole || !digest) throw error;
        if (!(await this.has(digest, scope).catch(() => false))) throw error;
      } finally {
        body.destroy();
      }
    }, verified);
    if (name === undefined) {
      try {
        await hold?.(verified.blob.digest);
        await this.explained(() => this.name(temporary, verified.blob, scope));
      } finally {
        await this.explained(() => this.remove(temporary));
      }
    }
    return verified.blob;
  }

  async read(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<Readable> {
    try {
      return await this.open(
        blobName(digest, scope),
        range && `bytes=${range.start}-${range.end ?? ''}`,
      );
    } catch (error) {
      if (isMissing(error))
        throw new NotFoundError(`The store has no blob ${digest}`);
      throw toS3Error(error, this.bucket);
    }
  }

  async readPieces(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    return await this.read(digest, scope, range);
  }

  async delete(digest: Sha256, scope: SystemScope): Promise<void> {
    const name = blobName(digest, scope);
    await this.explained(() => this.remove(name));
  }

  async listParts(blob: PartedBlob): Promise<BlobPart[]> {
    const folder = `${partsFolder(blob)}/`;
    const parts: BlobPart[] = [];
    for await (const { name, sizeBytes } of this.objects(folder)) {
      const part = parsePartName(name.slice(folder.length), sizeBytes);
      if (part) parts.push(part);
    }
    return parts;
  }

  async writePart(
    blob: PartedBlob,
    part: BlobPart,
    source: Readable,
  ): Promise<void> {
    const verified = new VerifiedSource(source, part);
    await this.explained(async () => {
      const body = Readable.from(verified, { objectMode: false });
      // The SDK would wait for the rest.
      const refused = new AbortController();
      body.once('error', () => refused.abort());
      try {
        await this.client.send(
          new PutObjectCommand({
            ...this.at(`${partsFolder(blob)}/${partName(part)}`),
            Body: body,
            ContentLength: part.sizeBytes,
            // S3 hashes it too, on its side of the network.
            ChecksumSHA256: Buffer.from(hexOf(part.digest), 'hex').toString(
              'base64',
            ),
          }),
          { abortSignal: refused.signal },
        );
      } finally {
        body.destroy();
      }
    }, verified);
  }

  async assemble(blob: PartedBlob): Promise<StoredBlob> {
    const folder = partsFolder(blob);
    const parts = wholeOf(blob, await this.listParts(blob));
    const names = parts.map(part => `${folder}/${partName(part)}`);
    const verified = new VerifiedSource(this.concatenated(names), blob);
    await this.explained(async () => {
      try {
        await composeObject({
          client: this.client,
          target: this.at(blobName(blob.digest, blob.scope)),
          pieces: names.map(name => ({ key: this.prefix + name })),
          // Copied within S3 while it is hashed here; parts never change under their names.
          unless: async () => await drain(verified),
        });
      } catch (error) {
        const reason = verified.failure?.reason;
        if (isError(reason) && reason.name === 'InputError')
          await this.removeAll(`${folder}/`);
        if (!isThereAlready(error)) throw error;
      }
    }, verified);
    return verified.blob;
  }

  async removeParts(
    scope: SystemScope,
    owner: string,
    digest?: Sha256,
  ): Promise<void> {
    await this.explained(() =>
      this.removeAll(ownerStart(scope, owner, digest)),
    );
  }

  async *list(): AsyncIterable<ListedBlob> {
    for await (const { name, sizeBytes, storedAt } of this.objects('')) {
      const blob = parseBlobName(name);
      if (blob) yield { ...blob, sizeBytes, storedAt };
    }
  }

  async *unfinishedUploads(): AsyncIterable<UnfinishedUpload> {
    for await (const object of this.objects(`${UPLOADS}/`)) {
      yield {
        sizeBytes: object.sizeBytes,
        touchedAt: object.storedAt,
        remove: async () =>
          await this.explained(() => this.remove(object.name)),
      };
    }
    yield* this.unfinishedParts();
    yield* this.unfinishedMultiparts();
  }

  /** Parts by file; keys come in order, so that those of one follow each other. */
  private async *unfinishedParts(): AsyncIterable<UnfinishedUpload> {
    let found: (UnfinishedUpload & { folder: string }) | undefined;
    for await (const { name, sizeBytes, storedAt } of this.objects(
      `${PARTS}/`,
    )) {
      const folder = name.slice(0, name.lastIndexOf('/'));
      if (found?.folder !== folder) {
        if (found) yield found;
        found = {
          folder,
          owner: ownerOf(folder),
          sizeBytes: 0,
          touchedAt: storedAt,
          remove: async () =>
            await this.explained(() => this.removeAll(`${folder}/`)),
        };
      }
      found.sizeBytes += sizeBytes;
      if (storedAt > found.touchedAt) found.touchedAt = storedAt;
    }
    if (found) yield found;
  }

  /** Those that S3 keeps pieces of, since the portal that wrote them was killed. */
  private async *unfinishedMultiparts(): AsyncIterable<UnfinishedUpload> {
    const { client, bucket, prefix } = this;
    try {
      for await (const found of listMultipartUploads(client, bucket, prefix)) {
        const { upload, begunAt } = found;
        // The bucket may be shared, and then others' uploads are in it too.
        if (!isOwnName(upload.Key.slice(prefix.length))) continue;
        const measured = await measureMultipartUpload(client, upload, begunAt);
        if (!measured) continue;
        yield {
          ...measured,
          remove: async () => {
            await this.explained(() =>
              client.send(new AbortMultipartUploadCommand(upload)),
            );
          },
        };
      }
    } catch (error) {
      throw toS3Error(error, bucket);
    }
  }

  /** Gives an object that was written before its digest was known its name. */
  private async name(
    temporary: string,
    blob: StoredBlob,
    scope: SystemScope,
  ): Promise<void> {
    const key = this.prefix + temporary;
    const pieces = [];
    for (let start = 0; start < blob.sizeBytes; start += PIECE_BYTES) {
      const end = Math.min(start + PIECE_BYTES, blob.sizeBytes) - 1;
      pieces.push({ key, range: `bytes=${start}-${end}` });
    }
    try {
      const target = this.at(blobName(blob.digest, scope));
      if (pieces.length > 0)
        await composeObject({ client: this.client, target, pieces });
      else
        await this.client.send(
          new PutObjectCommand({
            ...target,
            ContentLength: 0,
            IfNoneMatch: '*',
          }),
        );
    } catch (error) {
      if (!isThereAlready(error)) throw error;
    }
  }

  private async open(name: string, range?: string): Promise<Readable> {
    const { Body } = await this.client.send(
      new GetObjectCommand({ ...this.at(name), Range: range }),
    );
    if (!(Body instanceof Readable)) {
      throw new NotFoundError(`S3 sent nothing of ${name}`);
    }
    return Body;
  }

  private async *concatenated(names: string[]): AsyncIterable<Uint8Array> {
    try {
      for (const name of names) yield* await this.open(name);
    } catch (error) {
      throw toS3Error(error, this.bucket);
    }
  }

  private async *objects(
    start: string,
  ): AsyncIterable<{ name: string; sizeBytes: number; storedAt: Date }> {
    const pages = paginateListObjectsV2(
      { client: this.client },
      { Bucket: this.bucket, Prefix: this.prefix + start },
    );
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key = '', Size = 0, LastModified } of Contents) {
          yield {
            name: Key.slice(this.prefix.length),
            sizeBytes: Size,
            storedAt: LastModified ?? new Date(),
          };
        }
      }
    } catch (error) {
      throw toS3Error(error, this.bucket);
    }
  }

  private async remove(name: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand(this.at(name)));
  }

  private async removeAll(start: string): Promise<void> {
    let names: string[] = [];
    const flush = async () => {
      if (names.length === 0) return;
      const Objects = names.map(name => ({ Key: this.prefix + name }));
      names = [];
      await this.client.send(
        new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects } }),
      );
    };
    for await (const { name } of this.objects(start)) {
      names.push(name);
      if (names.length === DELETE_CHUNK) await flush();
    }
    await flush();
  }

  private at(name: string) {
    return { Bucket: this.bucket, Key: this.prefix + name };
  }

  /** Says what a failure means; one of the source stays what it is. */
  private async explained<T>(
    work: () => Promise<T>,
    source?: VerifiedSource,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw source?.failure?.reason ?? toS3Error(error, this.bucket);
    }
  }
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of source);
}

function isMissing(error: unknown): error is Error {
  return (
    isError(error) && (error.name === 'NotFound' || error.name === 'NoSuchKey')
  );
}

/** `If-None-Match: *` refused it: the object of these bytes is there. */
function isThereAlready(error: unknown): boolean {
  return isError(error) && error.name === 'PreconditionFailed';
}
