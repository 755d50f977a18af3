/** Of a deployment's or version's resources; undefined where they do not say. @public */
export function callTimeoutMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
