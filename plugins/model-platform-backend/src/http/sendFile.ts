import { pipeline } from 'node:stream/promises';
import { Request, Response } from 'express';
import { contentDisposition } from './contentDisposition';

/** Sends a file as a stream: whole, or the one range that was asked for. */
export async function sendFile(
  req: Request,
  res: Response,
  file: {
    name: string;
    /** Strong; the content never changes under it. */
    etag: string;
    sizeBytes: number;
    type?: string;
    /** A piece need not be good any more once the next one is asked for. */
    open(range?: {
      start: number;
      end: number;
    }): Promise<AsyncIterable<Uint8Array>>;
  },
): Promise<void> {
  // Not sent by `set`, which adds a character set that nobody knows.
  const headers = new Headers({
    'accept-ranges': 'bytes',
    // Files of models are anybody's bytes: they are never shown as pages.
    'content-type': file.type ?? 'application/octet-stream',
    'content-disposition': contentDisposition(
      file.name.split('/').pop() ?? 'file',
    ),
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache, no-transform',
    etag: file.etag,
  });
  if (req.get('if-none-match') === file.etag) {
    res.status(304).setHeaders(headers).end();
    return;
  }
  const ifRange = req.get('if-range');
  const ranges =
    ifRange === undefined || ifRange === file.etag
      ? req.range(file.sizeBytes)
      : undefined;
  if (ranges === -1) {
    res.status(416).set('content-range', `bytes */${file.sizeBytes}`).end();
    return;
  }
  const range =
    Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1
      ? ranges[0]
      : undefined;
  // Opened first: an error is no file, and must not look like one.
  const source =
    req.method === 'HEAD'
      ? undefined
      : await file.open(range && { start: range.start, end: range.end });
  res.setHeaders(headers);
  if (range) {
    res
      .status(206)
      .set(
        'content-range',
        `bytes ${range.start}-${range.end}/${file.sizeBytes}`,
      );
  }
  res.set(
    'content-length',
    String(range ? range.end - range.start + 1 : file.sizeBytes),
  );
  if (!source) {
    res.end();
    return;
  }
  try {
    await pipeline(source, res);
  } catch (error) {
    // Who hangs up in the middle is no failure of ours.
    if (!res.destroyed && !res.headersSent) throw error;
    res.destroy();
  }
}
