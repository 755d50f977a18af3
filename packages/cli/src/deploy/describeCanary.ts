import { CanaryStatus } from '@model-platform/plugin-model-platform-common';

const WAITS: Record<NonNullable<CanaryStatus['waitsFor']>, string> = {
  route: 'its share of the traffic',
  runners: 'its runners',
  time: 'its pause',
  figures: 'figures',
  calls: 'calls',
  person: 'a person',
  resume: 'a person to resume it',
};

/** How far the new revision has come, a line each. */
export function describeCanary(canary: CanaryStatus): string[] {
  const { revision, stableRevision, step, steps, weight } = canary;
  if (canary.phase !== 'progressing') {
    return [
      `  canary of revision ${revision} ${canary.phase}: ${canary.reason}`,
    ];
  }
  return [
    `  canary of revision ${revision} beside revision ${stableRevision}: step ${step} of ${steps}, ${weight} %${
      canary.waitsFor ? `, waits for ${WAITS[canary.waitsFor]}` : ''
    }${canary.until ? ` (until ${canary.until})` : ''}`,
    ...canary.analysis.map(
      ({ verdict, message }) => `    ${verdict}: ${message}`,
    ),
  ];
}
