const UNITS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Of a Kubernetes quantity: `512Mi`. @public */
export function bytesOf(quantity: string): number {
  const [, number, unit] = /^([\d.]+)(.*)$/.exec(quantity) ?? [];
  return Math.round(Number(number) * UNITS[unit]);
}
