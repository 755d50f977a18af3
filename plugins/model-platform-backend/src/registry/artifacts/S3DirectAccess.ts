import {
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ClientConfig,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  blobName,
  BlobPart,
  DirectAccess,
  DirectRequest,
  hexOf,
  PartedBlob,
  Sha256,
  SystemScope,
} from '@model-platform/plugin-model-platform-node';
import { partName, partsFolder } from './blobNames';

const CHECKSUM = 'x-amz-checksum-sha256';

export interface S3DirectOptions {
  /** Of the service as clients reach it, where that is another than the platform's own. */
  endpoint?: string;
  lifeSeconds: number;
}

/** Addresses that S3 itself lets through: signed here, which asks nobody. */
export class S3DirectAccess implements DirectAccess {
  private readonly client: S3Client;

  constructor(
    private readonly options: {
      bucket: string;
      prefix: string;
      region?: string;
      endpoint?: string;
      forcePathStyle?: boolean;
      credentials?: S3ClientConfig['credentials'];
      direct?: S3DirectOptions;
    },
  ) {
    this.client = new S3Client({
      region: options.region ?? 'us-east-1',
      endpoint: options.direct?.endpoint ?? options.endpoint,
      forcePathStyle: options.forcePathStyle,
      credentials: options.credentials,
      // The digest that is signed is the one checksum there is.
      requestChecksumCalculation: 'WHEN_REQUIRED',
    });
  }

  async sendPart(blob: PartedBlob, part: BlobPart): Promise<DirectRequest> {
    const checksum = Buffer.from(hexOf(part.digest), 'hex').toString('base64');
    const url = await getSignedUrl(
      this.client,
      new PutObjectCommand({
        ...this.at(`${partsFolder(blob)}/${partName(part)}`),
        ChecksumSHA256: checksum,
      }),
      {
        expiresIn: this.lifeSeconds,
        // As a header, which S3 compares with the bytes that come.
        unhoistableHeaders: new Set([CHECKSUM]),
      },
    );
    return this.request('PUT', url, { [CHECKSUM]: checksum });
  }

  async read(
    digest: Sha256,
    scope: SystemScope,
    fileName: string,
  ): Promise<DirectRequest> {
    const url = await getSignedUrl(
      this.client,
      new GetObjectCommand({
        ...this.at(blobName(digest, scope)),
        ResponseContentType: 'application/octet-stream',
        ResponseContentDisposition: `attachment; filename*=UTF-8''${encodeURIComponent(
          fileName,
        )}`,
      }),
      { expiresIn: this.lifeSeconds },
    );
    return this.request('GET', url, {});
  }

  private request(
    method: DirectRequest['method'],
    url: string,
    headers: Record<string, string>,
  ): DirectRequest {
    const expiresAt = new Date(Date.now() + this.lifeSeconds * 1_000);
    return { method, url, headers, expiresAt };
  }

  private get lifeSeconds(): number {
    return this.options.direct?.lifeSeconds ?? 900;
  }

  private at(name: string) {
    return { Bucket: this.options.bucket, Key: this.options.prefix + name };
  }
}
