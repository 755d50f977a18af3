import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { FileSource, OrderedFile, SILENCE_MS } from './FileSource';
import { FinalError } from './FinalError';

/** The platform's own door of files. */
export class PortalSource implements FileSource {
  constructor(
    private readonly baseUrl: string,
    private readonly tokenFile?: string,
  ) {}

  async open({ path }: OrderedFile): Promise<Readable> {
    const url = new URL(
      path.split('/').map(encodeURIComponent).join('/'),
      this.baseUrl,
    );
    // The kubelet writes a new one before the old one is over.
    const token =
      this.tokenFile && (await readFile(this.tokenFile, 'utf8')).trim();
    const { statusCode, body } = await request(url, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      headersTimeout: SILENCE_MS,
      bodyTimeout: SILENCE_MS,
    });
    if (statusCode === 200) return body;
    const told = (await body.text()).slice(0, 500);
    const message = `${path} could not be fetched: ${url} answered ${statusCode}: ${told}`;
    throw statusCode === 429 || statusCode >= 500
      ? new Error(message)
      : new FinalError(message);
  }
}
