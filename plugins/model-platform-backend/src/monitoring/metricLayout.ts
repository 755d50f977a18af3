/** Labels with a column of their own; all others are in `extra`. */
export const LABEL_COLUMNS = [
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
  'consumer',
  'code',
  'le',
];

/** Widths at which points are kept, and for how long. */
export const RESOLUTIONS = [
  { seconds: 10, keepSeconds: 3 * 3_600 },
  { seconds: 300, keepSeconds: 14 * 86_400 },
  { seconds: 3_600, keepSeconds: 400 * 86_400 },
];

/**
 * Width at which a query reads: the coarsest that its step allows and that is
 * kept since its start. Without a step, by the length of the range: what is
 * added up needs no finer one.
 */
export function resolutionFor(query: {
  startSeconds: number;
  endSeconds: number;
  stepSeconds: number | undefined;
  nowSeconds: number;
}): number {
  const { startSeconds, endSeconds, stepSeconds, nowSeconds } = query;
  const kept = RESOLUTIONS.filter(
    ({ keepSeconds }) => startSeconds >= nowSeconds - keepSeconds,
  );
  const length = endSeconds - startSeconds;
  const fitting = kept.filter(({ seconds }) =>
    stepSeconds
      ? stepSeconds % seconds === 0
      : length >= seconds * 24 || seconds === 10,
  );
  return (fitting.at(-1) ?? kept[0] ?? RESOLUTIONS[RESOLUTIONS.length - 1])
    .seconds;
}
