import { inspect } from 'node:util';

/** Texts that are shorter stand for nobody. */
export const MIN_TEXT = 4;
/** Numbers with fewer digits are those of anybody. */
const MIN_DIGITS = 6;

/** Made once: that takes far longer than to write a number with it. */
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });

const digitsOf = (text: string) => text.replace(/\D/g, '').length;

const ascii = (text: string) =>
  text.replace(
    /[^\x20-\x7e]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function* formsOfText(text: string): Iterable<string> {
  yield text;
  if (/^[A-Za-z0-9]*$/.test(text)) return;
  yield text.trim();
  // As JSON, a printed object, another language's JSON and an address have it.
  const json = JSON.stringify(text).slice(1, -1);
  yield json;
  yield ascii(json);
  yield inspect(text, { maxStringLength: Infinity }).slice(1, -1);
  yield encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
  if (text.includes('\n'))
    for (const line of text.split('\n')) yield line.trim();
}

function* formsOfNumber(value: number | bigint): Iterable<string> {
  const text = String(value).replace(/^-/, '');
  if (digitsOf(text) < MIN_DIGITS) return;
  yield text;
  yield grouped.format(value);
  // Rounded up or down.
  const [whole] = text.split('.');
  if (typeof value === 'number' && digitsOf(whole) >= MIN_DIGITS) {
    yield whole;
    yield String(Math.abs(Math.round(value)));
  }
}

function* formsOfBytes(bytes: Uint8Array): Iterable<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  yield buffer.toString('base64').replace(/=+$/, '');
  yield buffer.toString('base64url');
  const hex = buffer.toString('hex');
  yield hex;
  // As a printed Buffer.
  yield hex.replace(/..(?!$)/g, '$& ');
  // As JSON has a Buffer, and a list.
  yield buffer.join(',');
  yield buffer.join(', ');
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd')) yield* formsOfText(text);
}

/** How a value may stand in a text: as it is, escaped, encoded. Empty where it is too short to tell anything. */
export function writtenForms(value: unknown): Set<string> {
  const forms = new Set<string>();
  const add = (all: Iterable<string>) => {
    for (const form of all)
      if (form.length >= MIN_TEXT && form.trim()) forms.add(form);
  };
  if (typeof value === 'string') {
    if (value.trim().length >= MIN_TEXT) add(formsOfText(value));
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    add(formsOfNumber(value));
  } else if (value instanceof Uint8Array) {
    if (value.length >= MIN_TEXT) add(formsOfBytes(value));
  }
  return forms;
}
