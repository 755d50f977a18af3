/**
 * Every reason that a condition may have, by its status; docs/conditions.md
 * says of each what it means and what to do. An error that keeps a deployment
 * from being looked at, or its next revision from being prepared, has its own
 * name as the reason of `Degraded`.
 */
export const CONDITION_REASONS = {
  'Available True': ['Serving'],
  'Available False': ['NoTraffic', 'NoReadyRunner', 'NoRevision', 'Off'],
  'Available Unknown': ['NotObserved'],
  'Progressing True': ['Starting', 'Restarting', 'Canary', 'Stopping'],
  'Progressing False': [
    'Complete',
    'Paused',
    'RolledBack',
    'DeadlineExceeded',
    'RuntimeUnavailable',
    'Waiting',
    'WaitingForGates',
    'Off',
  ],
  'Degraded True': [
    'NoTraffic',
    'RunnersNotReady',
    'NotReadyInTime',
    'RolledBack',
    'RuntimeUnavailable',
  ],
  'Degraded False': [
    'AsWanted',
    'Starting',
    'Canary',
    'WaitingForGates',
    'Off',
  ],
  'Waiting True': [
    'WaitingForApproval',
    'WaitingForEvidence',
    'WaitingForWindow',
    'CannotBeMade',
  ],
  'Orphaned True': ['NotDeclaredAnyMore'],
} as const;

export type ConditionReason =
  (typeof CONDITION_REASONS)[keyof typeof CONDITION_REASONS][number];
