import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { FieldError, RequestError } from './RequestError';
import { textOf } from './textOf';
import { textValue } from './textValue';

type Part = FormDataEntryValue;

/** What stands in a text in place of bytes that are no UTF-8; it may have been sent, too. */
const REPLACEMENT = '\ufffd';

const wrong = () =>
  new RequestError(400, 'The body is not valid multipart/form-data.');

async function valueOf(field: WireSignatureField, part: Part) {
  if (typeof part === 'string') return textValue(field, part);
  const bytes = Buffer.from(await part.arrayBuffer());
  if (field.type === 'bytes') return bytes;
  const text = textOf(bytes);
  if (text === undefined) throw wrong();
  return textValue(field, text);
}

async function formOf(body: Uint8Array, contentType: string) {
  const headers = { 'content-type': contentType };
  return await new Response(new Uint8Array(body), { headers })
    .formData()
    .catch(() => {
      throw wrong();
    });
}

const textsOf = (form: FormData) =>
  [...form.values()].filter(part => typeof part === 'string');

/** Whether all texts are as they were sent. With each byte as a character of its own, none is replaced. */
async function isUtf8(form: FormData, body: Buffer, contentType: string) {
  if (!textsOf(form).some(text => text.includes(REPLACEMENT))) return true;
  const wide = Buffer.from(body.toString('latin1'), 'utf8');
  return textsOf(await formOf(wide, contentType)).every(
    text => textOf(Buffer.from(text, 'latin1')) !== undefined,
  );
}

/**
 * One line as `multipart/form-data`, a part an input: a file is bytes as they
 * are, other parts are text. It stays in memory, as any body does.
 *
 * @throws RequestError 400
 */
export async function readMultipart(
  { inputs }: WireSignature,
  body: Buffer,
  contentType: string,
): Promise<{ inputs: Record<string, unknown> }> {
  const form = await formOf(body, contentType);
  if (!(await isUtf8(form, body, contentType))) throw wrong();
  const fields = new Map(inputs.map(field => [field.name, field]));
  const line = new Map<string, unknown>();
  const errors: FieldError[] = [];
  for (const name of new Set(form.keys())) {
    const parts = form.getAll(name);
    const field = fields.get(name);
    if (field?.type === 'bytes' && field.shape?.length === 1) {
      const one = { ...field, shape: undefined };
      const values = parts.map(async part => (await valueOf(one, part)) ?? '');
      line.set(name, await Promise.all(values));
    } else if (parts.length > 1) {
      errors.push({ path: `inputs.${name}`, message: 'is given twice' });
    } else {
      const value = field ? await valueOf(field, parts[0]) : null;
      if (value !== undefined) line.set(name, value);
    }
  }
  if (errors.length > 0) {
    throw new RequestError(
      400,
      `The inputs do not fit the signature: ${errors[0].path} ${errors[0].message}.`,
      errors,
    );
  }
  return { inputs: Object.fromEntries(line) };
}
