/** Of a place in Git, where a browser can open it: `url:https://…`. */
export function webAddressOf(location: string): string | undefined {
  return /^(?:url:)?(https?:\/\/.+)$/.exec(location)?.[1];
}
