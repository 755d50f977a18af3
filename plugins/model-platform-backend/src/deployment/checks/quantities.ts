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

export const CPU = /^\d+(\.\d+)?m?$/;
export const MEMORY = /^\d+(\.\d+)?([kMGT]i?)?$/;

/** Cores of `500m` or `2`. */
export function cores(text: string): number {
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
}

/** Bytes of `512Mi`. */
export function bytes(text: string): number {
  const [, number, unit] = /^([\d.]+)(\D*)$/.exec(text) ?? [];
  return Number(number) * (BYTES[unit ?? ''] ?? NaN);
}
