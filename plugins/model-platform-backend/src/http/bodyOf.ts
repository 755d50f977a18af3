import { Readable } from 'node:stream';
import { InputError } from '@backstage/errors';
import { Request } from 'express';

/**
 * The body as a stream. Where its reader gives up, the connection stays, so
 * that the refusal arrives; what is still coming is thrown away.
 */
export function bodyOf(req: Request): Readable {
  async function* read() {
    try {
      for await (const chunk of req.iterator({ destroyOnReturn: false })) {
        yield chunk;
      }
    } catch (error) {
      throw new InputError('The upload was cut off', error);
    } finally {
      req.resume();
    }
  }
  return Readable.from(read(), { objectMode: false });
}
