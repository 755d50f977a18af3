import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import { HistoryDraft } from '../store/DeploymentRecord';

/** What is to be told of a canary's way from one look to the next. */
export function canaryHistory(
  before: CanaryStatus | undefined,
  after: CanaryStatus | undefined,
): HistoryDraft[] {
  if (!after || (before?.phase === after.phase && before.step === after.step)) {
    return [];
  }
  const details = {
    revision: after.revision,
    stable: after.stableRevision,
    step: after.step,
    steps: after.steps,
    weight: after.weight,
  };
  const actor = 'platform';
  if (after.phase !== 'progressing') {
    return [
      {
        actor,
        action: `canary-${after.phase}`,
        reason: after.reason,
        details: { ...details, analysis: after.analysis },
      },
    ];
  }
  const shown = before?.analysis.map(({ message }) => message).join('; ');
  return [
    {
      actor,
      action: before ? 'canary-step' : 'canary-started',
      reason:
        before && `Step ${before.step} passed${shown ? `: ${shown}` : ''}`,
      details,
    },
  ];
}
