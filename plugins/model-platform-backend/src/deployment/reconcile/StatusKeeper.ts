import { DeploymentEvent } from '@model-platform/plugin-model-platform-common';
import { platformActor } from '../access/DeploymentActor';
import { canaryHistory } from '../canary/canaryHistory';
import { canaryOf } from '../canary/canaryOf';
import { Announce } from '../changes/Announce';
import { DeploymentStore } from '../store/DeploymentStore';
import {
  DeploymentRecord,
  DeploymentStatus,
  HistoryDraft,
} from '../store/DeploymentRecord';

const ACTIONS: Partial<
  Record<DeploymentRecord['phase'], DeploymentEvent['action']>
> = {
  Ready: 'ready',
  Degraded: 'degraded',
  Failed: 'failed',
};

/** Keeps what a look has found, with what is to be told of it. */
export class StatusKeeper {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      announce: Announce;
      /** Something moved that is nothing to act on: pages show it. */
      progressed: () => void;
    },
  ) {}

  /** Throws `ChangedMeanwhileError` where desired state was changed since the record was read. */
  async save(
    record: DeploymentRecord,
    status: DeploymentStatus,
    fencing: number,
  ): Promise<void> {
    const before = {
      servingRevision: record.servingRevision,
      rolloutStartedAt: record.rolloutStartedAt,
      canary: record.canary,
      givenUp: record.givenUp,
      drift: record.drift,
      phase: record.phase,
      conditions: record.conditions,
      runners: record.runners,
      url: record.url,
    };
    // In the words of the database: keys without a value are none.
    if (JSON.stringify(before) === JSON.stringify(status)) {
      return;
    }
    const isNewlyServing =
      status.servingRevision !== undefined &&
      status.servingRevision !== record.servingRevision;
    const action = actionOf(record, status);
    const history = historyOf(record, status, { isNewlyServing, action });
    const saved = await this.options.store.saveStatus(
      record,
      status,
      fencing,
      history,
    );
    if (!saved) {
      return;
    }
    const told = isNewlyServing ? 'ready' : action;
    if (told) {
      this.options.announce({ ...record, ...status }, told);
    } else if (
      JSON.stringify(record.canary) !== JSON.stringify(status.canary)
    ) {
      this.options.progressed();
    }
  }
}

/** What the deployment's history tells of a status that is another one than before. */
function historyOf(
  record: DeploymentRecord,
  status: DeploymentStatus,
  {
    isNewlyServing,
    action,
  }: { isNewlyServing: boolean; action?: DeploymentEvent['action'] },
): HistoryDraft[] {
  const history: HistoryDraft[] = canaryHistory(
    canaryOf(record),
    status.canary,
  );
  if (isNewlyServing) {
    history.push({
      actor: platformActor.name,
      action: 'serving',
      details: { revision: status.servingRevision },
    });
  } else if (action === 'degraded' || action === 'failed') {
    const degraded = status.conditions.find(({ type }) => type === 'Degraded');
    // Why a canary was rolled back is told already.
    if (degraded?.reason !== 'RolledBack') {
      history.push({
        actor: platformActor.name,
        action,
        reason: degraded?.message,
      });
    }
  }
  return history;
}

/** What is to be told of. */
function actionOf(
  record: DeploymentRecord,
  { phase, givenUp, canary }: DeploymentStatus,
): DeploymentEvent['action'] | undefined {
  const isGivenUp =
    givenUp !== undefined && givenUp.revision !== record.givenUp?.revision;
  const isRolledBack =
    canary?.phase === 'rolled-back' &&
    canaryOf(record)?.phase === 'progressing';
  // It may have been late, or have failed, for a while by then.
  if (isGivenUp || (isRolledBack && phase === 'Degraded')) return 'degraded';
  return phase === record.phase ? undefined : ACTIONS[phase];
}
