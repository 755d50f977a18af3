import { WireSignature } from '@model-platform/model-wire';
import { Row } from './flavors/Flavor';

function toBase64(value: unknown): unknown {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString(
      'base64',
    );
  return Array.isArray(value) ? value.map(toBase64) : value;
}

/** Answers as JSON carries them, made once per signature: bytes become base64, all else is JSON already. */
export function createOutputWriter({
  outputs,
}: WireSignature): (rows: Row[]) => Row[] {
  const names = outputs
    .filter(({ type }) => type === 'bytes')
    .map(({ name }) => name);
  if (names.length === 0) return rows => rows;
  return rows =>
    rows.map(row => ({
      ...row,
      ...Object.fromEntries(names.map(name => [name, toBase64(row[name])])),
    }));
}
