import {
  AbortMultipartUploadCommand,
  CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import pLimit from 'p-limit';

const PARALLEL_COPIES = 4;

/**
 * Makes one object of pieces of others, within S3: no byte of it passes here.
 * It is there when all of it is, and `unless` did not reject meanwhile.
 */
export async function composeObject(options: {
  client: S3Client;
  target: { Bucket: string; Key: string };
  /** All but the last of at least 5 MiB. */
  pieces: Array<{ key: string; range?: string }>;
  unless?: () => Promise<void>;
}): Promise<void> {
  const { client, target, pieces } = options;
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand(target),
  );
  const upload = { ...target, UploadId };
  const limit = pLimit(PARALLEL_COPIES);
  const copy = async (
    piece: { key: string; range?: string },
    PartNumber: number,
  ): Promise<CompletedPart> => {
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber,
        CopySource: `${target.Bucket}/${encodeKey(piece.key)}`,
        CopySourceRange: piece.range,
      }),
    );
    return { PartNumber, ETag: CopyPartResult?.ETag };
  };
  try {
    const [Parts] = await Promise.all([
      Promise.all(
        pieces.map((piece, index) => limit(() => copy(piece, index + 1))),
      ),
      options.unless?.(),
    ]);
    await client.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts },
        IfNoneMatch: '*',
      }),
    );
  } catch (error) {
    limit.clearQueue();
    // Where S3 is out of reach, garbage collection ends it a day later.
    await client
      .send(new AbortMultipartUploadCommand(upload))
      .catch(() => undefined);
    throw error;
  }
}

function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
