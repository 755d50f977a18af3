import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { FieldError, RequestError } from './RequestError';
import { textValue } from './textValue';

type Part = FormDataEntryValue;

async function valueOf(field: WireSignatureField, part: Part) {
  if (typeof part === 'string') return textValue(field, part);
  return field.type === 'bytes'
    ? Buffer.from(await part.arrayBuffer())
    : textValue(field, await part.text());
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
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  })
    .formData()
    .catch(() => {
      throw new RequestError(400, 'The body is not valid multipart/form-data.');
    });
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
