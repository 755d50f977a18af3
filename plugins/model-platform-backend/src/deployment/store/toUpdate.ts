import { hasOverride } from '../overrides/overrides';
import { DeploymentRow } from './deploymentRows';
import { DesiredChange } from './DeploymentStore';
import { DeploymentRecord } from './DeploymentRecord';
import { strategyOf } from './revisionRows';

/** What a change of desired state writes into the row of its deployment. */
export function toUpdate(
  from: DeploymentRecord,
  {
    set,
    revision,
    history,
  }: Pick<DesiredChange, 'set' | 'revision' | 'history'>,
  at: string,
): Partial<DeploymentRow> {
  const update: Partial<DeploymentRow> = {
    changes: from.changes + 1,
    updated_at: at,
    updated_by: history.actor,
  };
  if (set.spec) {
    update.spec = JSON.stringify(set.spec);
    update.generation = from.generation + 1;
  }
  if (set.owner !== undefined) update.owner = set.owner;
  if (set.model !== undefined) update.model = set.model;
  if (set.modelSlug !== undefined) update.model_slug = set.modelSlug;
  if (set.source !== undefined) update.source = set.source;
  if (set.deleting !== undefined) update.deleting = set.deleting;
  if (set.watched) update.watched = JSON.stringify(set.watched);
  if (set.gates) update.gates = JSON.stringify(set.gates);
  if (set.orphanedAt !== undefined) update.orphaned_at = set.orphanedAt;
  if (set.overrides) update.overrides = toJson(set.overrides);
  if (set.decision) update.decision = JSON.stringify(set.decision);
  const isSwitchedOn =
    from.off && set.overrides && !hasOverride(set.overrides, 'off');
  const isResumed =
    hasOverride(from.overrides, 'pause') &&
    set.overrides &&
    !hasOverride(set.overrides, 'pause');
  if (revision || isSwitchedOn || isResumed) update.rollout_started_at = null;
  if (revision) update.strategy = strategyOf(revision);
  return update;
}

/** Nothing where there is nothing in it. */
export function toJson(items: unknown[]): string | null {
  return items.length > 0 ? JSON.stringify(items) : null;
}
