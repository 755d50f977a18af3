import { createHash, randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { FileArtifactStore } from '../registry/artifacts/FileArtifactStore';
import { S3ArtifactStore } from '../registry/artifacts/S3ArtifactStore';

/** A store, and what lies in it beside blobs. */
export interface StoreFixture {
  store: ArtifactStore;
  /** What `modelPlatform.artifacts` says of it. */
  config: object;
  /** Uploads that were begun, as the store itself keeps them. */
  begun(): Promise<number>;
  /** What a crash leaves of an upload. */
  leaveUpload(): Promise<void>;
  end(): Promise<void>;
}

/** How tests reach the S3 server that `npm test` starts. */
export function s3OfTests() {
  const given = process.env.MODEL_PLATFORM_TEST_S3;
  if (!given) {
    throw new Error(
      'MODEL_PLATFORM_TEST_S3 names no S3 server: `npm test -- packages` builds and starts one, which takes Go',
    );
  }
  const { endpoint, credentials } = JSON.parse(given) as {
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  return { endpoint, credentials, region: 'us-east-1', forcePathStyle: true };
}

export async function storeInFolder(): Promise<StoreFixture> {
  const directory = await fs.mkdtemp(
    path.join(os.tmpdir(), 'model-platform-blobs-'),
  );
  const uploads = path.join(directory, '.uploads');
  return {
    store: await FileArtifactStore.create({ directory }),
    config: { type: 'fs', directory },
    begun: async () => (await fs.readdir(uploads)).length,
    leaveUpload: async () =>
      await fs.writeFile(path.join(uploads, randomUUID()), 'by a crash'),
    end: async () => await fs.rm(directory, { recursive: true, force: true }),
  };
}

/** In a bucket of its own. */
export async function storeInS3(
  options: { endpoint?: string; direct?: object } = {},
): Promise<StoreFixture> {
  const s3 = s3OfTests();
  const bucket = `models-${randomUUID()}`;
  const client = new S3Client(s3);
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const { direct, ...reach } = options;
  const config = { ...s3, ...reach, bucket, prefix: 'a/b' };
  return {
    store: S3ArtifactStore.create(config),
    config: { type: 's3', ...config, ...(direct && { direct }) },
    begun: async () => {
      const page = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      );
      const own = ({ Key }: { Key?: string }) => !Key?.includes('/others/');
      return (page.Uploads ?? []).filter(own).length;
    },
    leaveUpload: async () => {
      // The other one is another application's, which is none of ours to end.
      for (const Key of ['a/b/.uploads/left', 'a/b/others/left'])
        await client.send(
          new CreateMultipartUploadCommand({ Bucket: bucket, Key }),
        );
    },
    end: async () => client.destroy(),
  };
}

/** Both, to run a suite over. CI never leaves S3 out: without a server it fails there. */
export const storesOfTests: Array<[string, () => Promise<StoreFixture>]> = [
  ['a folder', storeInFolder],
  ...(process.env.MODEL_PLATFORM_TEST_S3 || process.env.CI
    ? [['S3', () => storeInS3()] as [string, () => Promise<StoreFixture>]]
    : []),
];

export function digestOf(content: Buffer): Sha256 {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** In small pieces, as from a network. */
export function streamOf(content: Buffer): Readable {
  return Readable.from(
    (function* pieces() {
      for (let start = 0; start < content.length; start += 64 * 1024)
        yield content.subarray(start, start + 64 * 1024);
    })(),
    { objectMode: false },
  );
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}
