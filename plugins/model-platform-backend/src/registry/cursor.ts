import { InputError } from '@backstage/errors';
import { z } from 'zod';

const storable = z.string().refine(value => !value.includes('\0'));
const schema = z.object({ value: storable, id: storable });

/** Where a page ended: value of the sort's field, and id, of its last item. */
export type Cursor = z.infer<typeof schema>;

export function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Throws `InputError`. */
export function decodeCursor(text: string): Cursor {
  try {
    return schema.parse(
      JSON.parse(Buffer.from(text, 'base64url').toString('utf8')),
    );
  } catch {
    throw new InputError('This cursor is not one that an earlier answer gave');
  }
}
