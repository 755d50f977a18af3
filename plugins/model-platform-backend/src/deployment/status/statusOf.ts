import {
  CanaryStatus,
  Condition,
  DeploymentPhase,
  RunnerStatus,
} from '@model-platform/plugin-model-platform-common';
import { answers } from '../rollout/answers';
import { ConditionReason } from './conditionReasons';
import { aimOf, canaryOf } from '../canary/canaryOf';
import { DeploymentRecord, DeploymentStatus } from '../store/DeploymentRecord';
import { GivenUp } from '../revisions/GivenUp';
import { givenUpOf } from '../revisions/givenUpOf';
import { lastWordOf } from '../rollout/lastWordOf';
import { holdsRevision } from '../overrides/overrides';
import { isDeclared } from '../changes/requireSource';
import { RolloutOutcome } from '../rollout/RolloutOutcome';

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
  options: { now: Date; drift: string[] },
): DeploymentStatus {
  const { observed } = outcome;
  const { now, drift } = options;
  const isUnseen = outcome.error && !observed;
  const canary = outcome.canary ?? canaryOf(record);
  const givenUp = outcome.givenUp ?? givenUpOf(record);
  const verdicts = withDrift(
    withGivenUp(
      withCanary(judge(record, outcome), record, canary),
      record,
      givenUp,
    ),
    drift,
  );
  return {
    // What is off goes on from where it was: what came meanwhile is still to be tried beside it.
    servingRevision:
      isUnseen || record.off ? record.servingRevision : outcome.serving,
    rolloutStartedAt: isUnseen
      ? record.rolloutStartedAt
      : outcome.rolloutStartedAt,
    canary,
    givenUp,
    drift,
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
  if (outcome.error && !observed) {
    const message = outcome.error.message;
    return {
      phase: record.servingRevision === undefined ? 'Pending' : 'Degraded',
      available: verdict('Unknown', 'NotObserved', message),
      progressing: verdict('False', 'Waiting', 'It is tried again by itself'),
      degraded: { status: 'True', reason: outcome.error.name, message },
    };
  }
  if (record.off) {
    return {
      phase: 'Off',
      available: verdict('False', 'Off', offReason(record)),
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
  const switched = routed !== undefined && routed === aimOf(record);
  const isReached = routed !== undefined && observed?.message === undefined;
  const serves = isReached && answers(observed, routed);
  const available = serves
    ? verdict('True', 'Serving', `Revision ${routed} answers`)
    : verdict(
        'False',
        isReached ? 'NoReadyRunner' : 'NoTraffic',
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
  if (routed !== undefined && observed?.message !== undefined) {
    return {
      phase: 'Failed',
      available,
      progressing: verdict('False', 'Waiting', 'It is looked at again'),
      degraded: verdict('True', 'NoTraffic', observed.message),
    };
  }
  if (outcome.error) {
    const { name, message } = outcome.error;
    return {
      phase: serves || !outcome.overdue ? 'Degraded' : 'Failed',
      available,
      progressing: verdict('False', 'Waiting', 'It is tried again by itself'),
      degraded: { status: 'True', reason: name, message },
    };
  }
  if (switched) {
    const down = observed?.runners.filter(
      runner =>
        runner.revision === routed &&
        // As what an engine keeps to show of a runner that has ended: another one takes its place.
        runner.phase !== 'stopped' &&
        runner.phase !== 'ready' &&
        runner.phase !== 'asleep' &&
        runner.phase !== 'draining' &&
        !(outcome.isReady && comesWithLoad(runner)),
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
    const message = `${
      down?.length
        ? `${down.length} of the runners of revision ${routed} are not ready`
        : available.message
    }. ${lastWord(record, lastWordOf(observed, routed))}`;
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
  if (outcome.isHeld) {
    return {
      phase: serves ? 'Ready' : 'Degraded',
      available,
      progressing: verdict(
        'False',
        'Paused',
        `Revision ${record.revision} is ready and gets no traffic: a person paused the deployment`,
      ),
      degraded: serves
        ? verdict('False', 'AsWanted', '')
        : verdict('True', 'RunnersNotReady', available.message),
    };
  }
  if (outcome.overdue) {
    const rest = serves ? `; revision ${routed} goes on serving` : '';
    const message = `Revision ${
      record.revision
    } did not become ready in time${rest}. ${lastWord(
      record,
      lastWordOf(observed, record.revision),
    )}`;
    return {
      phase: serves ? 'Degraded' : 'Failed',
      available,
      progressing: verdict('False', 'DeadlineExceeded', message),
      degraded: verdict('True', 'NotReadyInTime', message),
    };
  }
  const failed = observed?.runners.find(
    ({ revision, phase }) => revision === record.revision && phase === 'failed',
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

/** What the steps of a canary add to it. */
function withCanary(
  verdicts: Verdicts,
  record: DeploymentRecord,
  canary: CanaryStatus | undefined,
): Verdicts {
  if (!canary || record.off || verdicts.available.status === 'Unknown') {
    return verdicts;
  }
  if (canary.phase === 'rolled-back') {
    const message = `Revision ${canary.revision} was rolled back: ${
      canary.reason
    }. Revision ${canary.stableRevision} ${goesOn(
      verdicts,
    )}; it is not tried again until a newer version comes or the spec changes`;
    return withoutNewest(verdicts, message, {
      progressing: 'RolledBack',
      degraded: 'RolledBack',
    });
  }
  if (canary.phase === 'progressing') {
    const isFine =
      verdicts.available.status === 'True' &&
      verdicts.degraded.status !== 'True';
    return {
      phase: isFine ? 'Canary' : verdicts.phase,
      available: verdicts.available,
      progressing: verdict(
        canary.waitsFor === 'resume' ? 'False' : 'True',
        canary.waitsFor === 'resume' ? 'Paused' : 'Canary',
        `Revision ${canary.revision} has ${
          canary.weight
        } % of the traffic, step ${canary.step} of ${
          canary.steps
        }; it waits ${waitingFor(canary)}`,
      ),
      degraded: isFine ? verdict('False', 'Canary', '') : verdicts.degraded,
    };
  }
  return verdicts;
}

/** What is to be said where the wanted revision was late. */
function withGivenUp(
  verdicts: Verdicts,
  record: DeploymentRecord,
  givenUp: GivenUp | undefined,
): Verdicts {
  if (!givenUp || record.off || verdicts.available.status === 'Unknown') {
    return verdicts;
  }
  const { revision, servingRevision, runnersSay, couldNotBePrepared } = givenUp;
  const again =
    isDeclared(record) || holdsRevision(record.overrides)
      ? `\`model-platform rollback ${record.name} ${revision} --allow-unserved\``
      : '`model-platform deploy`';
  const message = `Revision ${revision} did not become ready in time and was given up; revision ${servingRevision} ${goesOn(
    verdicts,
  )}. ${
    couldNotBePrepared
      ? `It could not be prepared: ${couldNotBePrepared}. `
      : ''
  }${lastWord(record, runnersSay)}; ${again} tries the same once more`;
  return withoutNewest(verdicts, message, {
    progressing: 'DeadlineExceeded',
    degraded: 'NotReadyInTime',
  });
}

/** What becomes of the one before. */
function goesOn({ available }: Verdicts): string {
  return available.status === 'True' ? 'goes on serving' : 'stays in its place';
}

/** The one before serves on, which is less than was asked for. */
function withoutNewest(
  { phase, available, degraded }: Verdicts,
  message: string,
  reasons: { progressing: ConditionReason; degraded: ConditionReason },
): Verdicts {
  return {
    phase: available.status === 'True' ? 'Degraded' : phase,
    available,
    progressing: verdict('False', reasons.progressing, message),
    degraded:
      degraded.status === 'True'
        ? degraded
        : verdict('True', reasons.degraded, message),
  };
}

function waitingFor(canary: CanaryStatus): string {
  const said = canary.analysis
    .filter(({ verdict: found }) => found === 'waiting')
    .map(({ message }) => message)
    .join('; ');
  switch (canary.waitsFor) {
    case 'person':
      return 'for a person: resume, promote or abort';
    case 'resume':
      return 'until it is resumed: a person paused it';
    case 'calls':
      return `for calls: ${said}`;
    case 'figures':
      return 'for the figures of this step';
    case 'runners':
      return 'for its runners, and gets no traffic meanwhile';
    case 'time':
      return `until ${canary.until}`;
    default:
      return 'for its share of the traffic';
  }
}

/** Nothing is under way, and yet it is not what the spec asks for. */
function withDrift(verdicts: Verdicts, drift: string[]): Verdicts {
  const { progressing } = verdicts;
  return progressing.reason === 'Complete' && drift.length > 0
    ? {
        ...verdicts,
        progressing: {
          ...progressing,
          message: `${progressing.message}; ${drift.join('; ')}`,
        },
      }
    : verdicts;
}

/** Who switched it off, and why. */
export function offReason({
  overrides,
}: Pick<DeploymentRecord, 'overrides'>): string {
  const off = overrides.find(({ kind }) => kind === 'off');
  if (!off) return '';
  return `Off by ${off.by}${off.reason ? `: ${off.reason}` : ''}`;
}

function verdict(
  status: Condition['status'],
  reason: ConditionReason,
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
  const at =
    before?.status === verdictNow.status
      ? before.lastTransitionAt
      : now.toISOString();
  return {
    type,
    ...verdictNow,
    lastTransitionTime: at,
    lastTransitionAt: at,
    observedGeneration: record.generation,
  };
}

/** Nothing has gone wrong with it: it is one more than there must be. */
function comesWithLoad({ phase, restarts, message }: RunnerStatus): boolean {
  return phase === 'starting' && restarts === 0 && message === undefined;
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
function lastWord(
  { name }: DeploymentRecord,
  said: string | undefined,
): string {
  const advice = `\`model-platform logs ${name}\` shows more; publish a corrected version, or \`model-platform rollback ${name}\``;
  return said ? `The runner says: ${said}. ${advice}` : advice;
}
