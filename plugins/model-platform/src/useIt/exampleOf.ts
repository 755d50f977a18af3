import {
  Endpoint,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';
import { Inputs } from './snippets';

/** One line of inputs to begin with: the version's own and what is taken where nothing is sent, else made from its signature. */
export function exampleOf({
  signature,
  example,
}: Pick<Endpoint, 'signature' | 'example'>): Inputs {
  if (!signature) return example ?? {};
  if (example) return { ...defaultsOf(signature.inputs), ...example };
  return Object.fromEntries(
    signature.inputs
      .filter(field => !field.optional)
      .map(field => [field.name, valueOf(field)]),
  );
}

function defaultsOf(fields: SignatureField[]): Inputs {
  return Object.fromEntries(
    fields
      .filter(field => field.default !== undefined)
      .map(field => [field.name, field.default]),
  );
}

function valueOf(field: SignatureField): unknown {
  const scalar =
    field.example ?? field.default ?? field.enum?.[0] ?? emptyOf(field);
  if (field.example !== undefined || !field.shape) return scalar;
  return field.shape.reduceRight<unknown>(
    (inner, size) => Array.from({ length: size < 0 ? 1 : size }, () => inner),
    scalar,
  );
}

function emptyOf(field: SignatureField): unknown {
  if (field.type === 'string' || field.type === 'bytes') return '';
  if (field.type === 'date') return '2026-05-01';
  if (field.type === 'datetime') return '2026-05-01T12:00:00Z';
  if (field.type === 'boolean') return false;
  if (field.type === 'object') return {};
  return Math.min(Math.max(0, field.minimum ?? 0), field.maximum ?? Infinity);
}
