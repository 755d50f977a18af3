import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FetchOrder } from '@model-platform/model-wire';
import { FileSource, OrderedFile, SILENCE_MS } from './FileSource';
import { FinalError } from './FinalError';

/** The bucket of the platform itself, which is there when the platform is not. */
export class S3Source implements FileSource {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor({ bucket, ...where }: NonNullable<FetchOrder['s3']>) {
    this.bucket = bucket;
    this.client = new S3Client({
      ...where,
      // Whoever opens asks again by himself.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 5_000, socketTimeout: SILENCE_MS },
    });
  }

  async open({ path, key }: OrderedFile): Promise<Readable> {
    if (!key) {
      throw new FinalError(`The order does not say which object ${path} is`);
    }
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: key }),
      );
      return Body as Readable;
    } catch (error) {
      const { name, message } = error as Error;
      const told = `${path} could not be fetched: s3://${this.bucket}/${key}: ${name}: ${message}`;
      throw isFinal(error) ? new FinalError(told) : new Error(told);
    }
  }
}

/** It was asked for what is not there, or by whom it is not for. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  const status = error.$metadata.httpStatusCode ?? 500;
  return status < 500 && status !== 429;
}
