import { HistoryEntry } from '@model-platform/plugin-model-platform-common';

/** What happened to a deployment, in a few words. */
export function timelineText({ action, details = {} }: HistoryEntry): string {
  const { revision, stable, step, steps, weight, to, variant, consumer } =
    details;
  switch (action) {
    case 'applied':
      return revision
        ? `Applied: revision ${revision} is wanted`
        : 'Applied, with the same content';
    case 'triggered':
      return revision
        ? `Followed: revision ${revision} is wanted`
        : 'Followed, with the same content';
    case 'serving':
      return `Revision ${revision} has all traffic`;
    case 'canary-started':
      return `Revision ${revision} is ready beside revision ${stable}: step ${step} of ${steps}, ${weight} %`;
    case 'canary-step':
      return `Revision ${revision} goes to step ${step} of ${steps}, ${weight} %`;
    case 'canary-promoted':
      return `Canary of revision ${revision} promoted`;
    case 'canary-rolled-back':
      return `Canary of revision ${revision} rolled back to revision ${stable}`;
    case 'rolled-back':
      return `Rolled back to revision ${to}, as revision ${revision}`;
    case 'promoted':
      return variant
        ? `Promoted ${variant}, as revision ${revision}`
        : `Promotion of revision ${revision} asked for`;
    case 'aborted':
      return `Abort of revision ${revision} asked for`;
    case 'resumed':
      return `Step ${step} of revision ${revision} may be left`;
    case 'paused':
      return 'Paused';
    case 'lifted':
      return revision
        ? `Overrides lifted: revision ${revision} is wanted`
        : 'Overrides lifted';
    case 'off':
      return 'Switched off';
    case 'on':
      return 'Switched on';
    case 'degraded':
      return 'Degraded';
    case 'failed':
      return 'Failed';
    case 'token-made':
      return `Token made for ${consumer}`;
    case 'token-revoked':
      return `Token of ${consumer} revoked`;
    case 'orphaned':
      return 'Orphaned: no longer declared, goes on as it is';
    default:
      return inWords(action);
  }
}

/** `Gates passed` of `gates-passed`. */
function inWords(action: string): string {
  const words = action.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
