import { Readable } from 'node:stream';
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
    open(range?: { start: number; end: number }): Promise<Readable>;
  },
): Promise<void> {
  res.set({
    'accept-ranges': 'bytes',
    // Files of models are anybody's bytes: they are never shown as pages.
    'content-disposition': contentDisposition(
      file.name.split('/').pop() ?? 'file',
    ),
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache, no-transform',
    etag: file.etag,
  });
  // Not by `set`, which adds a character set that nobody knows.
  res.setHeader('content-type', file.type ?? 'application/octet-stream');
  if (req.get('if-none-match') === file.etag) {
    res.status(304).end();
    return;
  }
  const ifRange = req.get('if-range');
  const ranges =
    ifRange === undefined || ifRange === file.etag
      ? req.range(file.sizeBytes)
      : undefined;
  if (ranges === -1) {
    res.set('content-range', `bytes */${file.sizeBytes}`).status(416).end();
    return;
  }
  const range =
    Array.isArray(ranges) && ranges.type === 'bytes' && ranges.length === 1
      ? ranges[0]
      : undefined;
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
  const source = await file.open(
    range && { start: range.start, end: range.end },
  );
  try {
    await pipeline(source, res);
  } catch (error) {
    // Who hangs up in the middle is no failure of ours.
    if (!res.destroyed && !res.headersSent) throw error;
    res.destroy();
  }
}
