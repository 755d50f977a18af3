import {
  Condition,
  DeploymentPhase,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord, DeploymentStatus } from './DeploymentStore';
import { RolloutOutcome } from './RolloutOutcome';

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

interface Verdicts {
  phase: DeploymentPhase;
  available: Verdict;
  progressing: Verdict;
  degraded: Verdict;
}

/** A look's outcome in the words that pages and CLI show. */
export function statusOf(
  record: DeploymentRecord,
  outcome: RolloutOutcome,
  now: Date,
): DeploymentStatus {
  const { observed } = outcome;
  const verdicts = judge(record, outcome);
  return {
    servingRevision: outcome.error ? record.servingRevision : outcome.serving,
    rolloutStartedAt: outcome.error
      ? record.rolloutStartedAt
      : outcome.rolloutStartedAt,
    phase: verdicts.phase,
    conditions: [
      condition(record, 'Available', verdicts.available, now),
      condition(record, 'Progressing', verdicts.progressing, now),
      condition(record, 'Degraded', verdicts.degraded, now),
    ],
    runners: observed?.runners ?? record.runners,
    url: observed?.url ?? record.url,
  };
}

function judge(record: DeploymentRecord, outcome: RolloutOutcome): Verdicts {
  const { observed } = outcome;
  if (outcome.error) {
    const message = outcome.error.message;
    return {
      phase: record.servingRevision === undefined ? 'Pending' : 'Degraded',
      available: verdict('Unknown', 'NotObserved', message),
      progressing: verdict('False', 'Waiting', 'It is tried again by itself'),
      degraded: verdict('True', outcome.error.name, message),
    };
  }
  if (record.off) {
    return {
      phase: 'Off',
      available: verdict('False', 'Off', record.offReason ?? 'Switched off'),
      progressing: outcome.settled
        ? verdict('False', 'Off', 'Nothing of it runs')
        : verdict('True', 'Stopping', 'Runners finish the requests they have'),
      degraded: verdict('False', 'Off', ''),
    };
  }
  if (outcome.unmade) {
    const message = 'Its first revision waits for its gates';
    return {
      phase: 'Pending',
      available: verdict('False', 'NoRevision', message),
      progressing: verdict('False', 'WaitingForGates', message),
      degraded: verdict('False', 'WaitingForGates', ''),
    };
  }
  const routed = observed?.routedRevision;
  const switched = routed !== undefined && routed === record.revision;
  const serves = routed !== undefined && hasReadyRunner(outcome, routed);
  const available = serves
    ? verdict('True', 'Serving', `Revision ${routed} answers`)
    : verdict(
        'False',
        routed === undefined ? 'NoTraffic' : 'NoReadyRunner',
        observed?.message ?? noAnswer(outcome, routed ?? record.revision),
      );
  if (outcome.impossible) {
    return {
      phase: serves ? 'Degraded' : 'Failed',
      available,
      progressing: verdict('False', 'RuntimeUnavailable', outcome.impossible),
      degraded: verdict('True', 'RuntimeUnavailable', outcome.impossible),
    };
  }
  if (switched) {
    const down = observed?.runners.filter(
      runner =>
        runner.revision === routed &&
        runner.phase !== 'ready' &&
        runner.phase !== 'draining',
    );
    if (serves && !down?.length) {
      return {
        phase: 'Ready',
        available,
        progressing: verdict(
          'False',
          'Complete',
          `Revision ${routed} has all traffic`,
        ),
        degraded: verdict('False', 'AsWanted', ''),
      };
    }
    const message =
      observed?.message ??
      `${
        down?.length ?? 0
      } of the runners of revision ${routed} are not ready. ${lastWord(
        record,
        outcome,
      )}`;
    return {
      phase: serves || !outcome.overdue ? 'Degraded' : 'Failed',
      available,
      progressing: verdict(
        'True',
        'Restarting',
        'Runners that ended are started again',
      ),
      degraded: verdict('True', 'RunnersNotReady', message),
    };
  }
  if (outcome.overdue) {
    const rest = serves ? `; revision ${routed} goes on serving` : '';
    const message = `Revision ${
      record.revision
    } did not become ready in time${rest}. ${lastWord(record, outcome)}`;
    return {
      phase: serves ? 'Degraded' : 'Failed',
      available,
      progressing: verdict('False', 'DeadlineExceeded', message),
      degraded: verdict('True', 'NotReadyInTime', message),
    };
  }
  const failed = wantedRunners(record, outcome).find(
    runner => runner.phase === 'failed',
  );
  return {
    phase: 'Starting',
    available,
    progressing: verdict(
      'True',
      'Starting',
      failed?.message
        ? `A runner of revision ${record.revision} failed and is started again: ${failed.message}`
        : `${
            outcome.preparing ? 'Files and packages' : 'Runners'
          } of revision ${record.revision} are ${
            outcome.preparing ? 'being fetched' : 'starting'
          }`,
    ),
    degraded: verdict('False', 'Starting', ''),
  };
}

function verdict(
  status: Condition['status'],
  reason: string,
  message: string,
): Verdict {
  return { status, reason, message };
}

function condition(
  record: DeploymentRecord,
  type: Condition['type'],
  verdictNow: Verdict,
  now: Date,
): Condition {
  const before = record.conditions.find(known => known.type === type);
  return {
    type,
    ...verdictNow,
    lastTransitionAt:
      before?.status === verdictNow.status
        ? before.lastTransitionAt
        : now.toISOString(),
  };
}

function hasReadyRunner(outcome: RolloutOutcome, revision: number): boolean {
  return (
    outcome.observed?.runners.some(
      runner => runner.revision === revision && runner.phase === 'ready',
    ) ?? false
  );
}

function wantedRunners(record: DeploymentRecord, outcome: RolloutOutcome) {
  return (
    outcome.observed?.runners.filter(
      runner => runner.revision === record.revision,
    ) ?? []
  );
}

function noAnswer(
  outcome: RolloutOutcome,
  revision: number | undefined,
): string {
  const runners =
    outcome.observed?.runners.filter(runner => runner.revision === revision) ??
    [];
  return runners.length === 0
    ? 'No runner has been started yet'
    : `No runner of revision ${revision} is ready yet`;
}

/** What the runners said last, and what to do about it. */
function lastWord(record: DeploymentRecord, outcome: RolloutOutcome): string {
  const said = wantedRunners(record, outcome).find(
    runner => runner.phase !== 'ready' && runner.message,
  )?.message;
  const advice = `\`model-platform logs ${record.name}\` shows more; publish a corrected version, or \`model-platform rollback ${record.name}\``;
  return said ? `The runner says: ${said}. ${advice}` : advice;
}
