import { SignatureField } from '../types';

const notes: Partial<Record<SignatureField['type'], string>> = {
  integer: 'Whole.',
  date: 'A date such as 2026-05-01.',
  datetime: 'A date and time with its zone, such as 2026-05-01T12:00:00Z.',
  bytes: 'In base64.',
};

/** What code says of a field in a line, where its type doesn't. */
export function fieldNotes(field: SignatureField): string {
  const {
    description,
    unit,
    type,
    minimum,
    maximum,
    shape,
    default: fallback,
  } = field;
  return [
    description?.replace(/([^.!?])$/, '$1.'),
    unit && `Unit: ${unit}.`,
    notes[type],
    minimum !== undefined && `At least ${minimum}.`,
    maximum !== undefined && `At most ${maximum}.`,
    shape?.length &&
      `Shape: ${shape.map(size => (size === -1 ? 'any' : size)).join(' × ')}.`,
    fallback !== undefined && `Default: ${JSON.stringify(fallback)}.`,
  ]
    .filter(Boolean)
    .join(' ')
    .replace(/\s+/g, ' ');
}
