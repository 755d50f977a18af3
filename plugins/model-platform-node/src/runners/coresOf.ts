/** Of a Kubernetes quantity: `500m` is half a core. @public */
export function coresOf(quantity: string): number {
  return quantity.endsWith('m')
    ? Number(quantity.slice(0, -1)) / 1000
    : Number(quantity);
}
