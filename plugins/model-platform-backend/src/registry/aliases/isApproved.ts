import {
  Approval,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { AliasRule } from './AliasRules';

/** Whether the approvals of a version are what a rule asks for. */
export function isApproved(
  rule: NonNullable<AliasRule['approval']>,
  version: Pick<ModelVersion, 'responsible'>,
  approvals: Approval[],
): boolean {
  return approvals.some(
    ({ approver, groups, decision }) =>
      decision === 'approved' &&
      groups.some(group => rule.by.includes(group)) &&
      !(rule.notByPublisher && approver === version.responsible),
  );
}
