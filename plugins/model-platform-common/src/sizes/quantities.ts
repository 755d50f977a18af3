import { z } from 'zod';

const BYTES: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Cores that a runner asks for: who is held to none is held to nothing. @public */
export const cpuSchema = z
  .string()
  .regex(/^(?=.*[1-9])\d+(\.\d+)?m?$/, 'must be cores above 0, e.g. 500m or 2');

/** Bytes that a runner asks for, likewise. @public */
export const memorySchema = z
  .string()
  .regex(
    /^(?=.*[1-9])\d+(\.\d+)?(k|[MGT]|[KMGT]i)?$/,
    'must be bytes above 0, e.g. 512Mi',
  );

/** Cores of `500m` or `2`. @public */
export function coresOf(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

/** Bytes of `512Mi`. @public */
export function bytesOf(text: string): number {
  const [, number, unit] = /^([\d.]+)(\D*)$/.exec(text) ?? [];
  return Math.round(Number(number) * (BYTES[unit ?? ''] ?? NaN));
}
