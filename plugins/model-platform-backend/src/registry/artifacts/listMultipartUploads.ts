import {
  ListMultipartUploadsCommand,
  ListMultipartUploadsCommandOutput,
  ListPartsCommand,
  ListPartsCommandOutput,
  NoSuchUpload,
  S3Client,
} from '@aws-sdk/client-s3';

interface MultipartUpload {
  Bucket: string;
  Key: string;
  UploadId: string;
}

/** Uploads under a prefix that S3 keeps pieces of, because they were neither completed nor aborted. */
export async function* listMultipartUploads(
  client: S3Client,
  Bucket: string,
  Prefix: string,
): AsyncGenerator<{ upload: MultipartUpload; begunAt: Date }> {
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    page = await client.send(
      new ListMultipartUploadsCommand({
        Bucket,
        Prefix,
        KeyMarker: page?.NextKeyMarker,
        UploadIdMarker: page?.NextUploadIdMarker,
      }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      const upload = { Bucket, Key, UploadId };
      yield { upload, begunAt: Initiated ?? new Date() };
    }
  } while (page.IsTruncated);
}

/** What has arrived of such an upload, and when the last of it did; undefined where it ended in the meantime. */
export async function measureMultipartUpload(
  client: S3Client,
  upload: MultipartUpload,
  begunAt: Date,
): Promise<{ sizeBytes: number; touchedAt: Date } | undefined> {
  let sizeBytes = 0;
  let touchedAt = begunAt;
  let page: ListPartsCommandOutput | undefined;
  do {
    try {
      page = await client.send(
        new ListPartsCommand({
          ...upload,
          PartNumberMarker: page?.NextPartNumberMarker,
        }),
      );
    } catch (error) {
      if (error instanceof NoSuchUpload) return undefined;
      throw error;
    }
    for (const { Size = 0, LastModified } of page.Parts ?? []) {
      sizeBytes += Size;
      if (LastModified && LastModified > touchedAt) touchedAt = LastModified;
    }
  } while (page.IsTruncated);
  return { sizeBytes, touchedAt };
}
