import { HistoryEntry } from '@model-platform/plugin-model-platform-common';

/** Kinds of what happens, as the history names them. */
export const historyKinds: Array<{ action: string; title: string }> = [
  { action: 'published', title: 'Published' },
  { action: 'alias-moved', title: 'Alias moved' },
  { action: 'alias-removed', title: 'Alias removed' },
  { action: 'approved', title: 'Approved' },
  { action: 'refused', title: 'Refused' },
  { action: 'updated', title: 'Changed' },
  { action: 'version-archived', title: 'Version archived' },
  { action: 'version-restored', title: 'Version restored' },
  { action: 'version-deleted', title: 'Version deleted' },
  { action: 'archived', title: 'Model archived' },
  { action: 'restored', title: 'Model restored' },
];

/** What happened, in a few words: `champion moved from v1 to v2`. */
export function historyText({ action, details = {} }: HistoryEntry): string {
  const { alias, version, from, changed } = details;
  if (action === 'alias-moved') {
    return typeof from === 'number'
      ? `${alias} moved from v${from} to v${version}`
      : `${alias} set to v${version}`;
  }
  if (action === 'alias-removed') return `${alias} removed from v${from}`;
  const title =
    historyKinds.find(kind => kind.action === action)?.title ??
    action.replaceAll('-', ' ');
  if (typeof version === 'number') return `${title}: v${version}`;
  return Array.isArray(changed) ? `${title}: ${changed.join(', ')}` : title;
}
