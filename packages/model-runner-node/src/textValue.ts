import { WireSignatureField } from '@model-platform/model-wire';
import { parseText } from './parseText';

/** Types that JSON writes as text too. */
const texts = new Set<WireSignatureField['type']>([
  'string',
  'date',
  'datetime',
  'bytes',
]);

/**
 * A value that came as text, as JSON would carry it; undefined where there is
 * none. What cannot be read stays text: the reader of the signature names it.
 */
export function textValue(field: WireSignatureField, text: string): unknown {
  const isPlain = !field.shape?.length;
  if (isPlain && field.type === 'string') return text;
  if (text === '') return undefined;
  if (isPlain && texts.has(field.type)) return text;
  try {
    return parseText(text);
  } catch {
    return text;
  }
}
