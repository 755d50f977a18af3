import {
  ApprovalGate,
  DeploymentGate,
  EvidenceGate,
  GateState,
  Model,
  ModelVersion,
  RequestDecision,
  WindowGate,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { NewRequest } from './RequestStore';
import { scanProblem } from './scanProblem';
import { VersionEvidence } from './VersionEvidence';
import { windowState } from './windowState';

/** A revision that is asked for, as far as gates look at it. */
export type GateSubject = Pick<
  NewRequest,
  'requesters' | 'variants' | 'breaks' | 'gates'
> & {
  decisions?: RequestDecision[];
};

type Verdict = Omit<GateState, 'gate'>;

/** Says which gates of a revision hold, and what the others wait for. */
export class GateJudge {
  constructor(
    private readonly options: {
      models: DeployableModels;
      evidence: VersionEvidence;
    },
  ) {}

  async judge(subject: GateSubject, now: Date): Promise<GateState[]> {
    const states: GateState[] = [];
    for (const gate of subject.gates) {
      states.push({ gate, ...(await this.verdict(gate, subject, now)) });
    }
    return states;
  }

  private async verdict(
    gate: DeploymentGate,
    subject: GateSubject,
    now: Date,
  ): Promise<Verdict> {
    if (gate.approval) return approvalVerdict(gate.approval, subject);
    if (gate.evidence) return await this.evidence(gate.evidence, subject);
    return gate.window
      ? windowVerdict(gate.window, now)
      : { holds: true, message: 'asks for nothing' };
  }

  private async evidence(
    gate: EvidenceGate,
    { variants }: GateSubject,
  ): Promise<Verdict> {
    const lacking: string[] = [];
    for (const variant of variants) {
      const model = await this.options.models.byId(variant.modelId);
      const version = await this.options.models.version(
        variant.modelId,
        variant.version,
      );
      const problems =
        model && version
          ? await this.lacking(gate, model, version)
          : ['it is not there any more'];
      lacking.push(
        ...problems.map(
          problem =>
            `version ${variant.version} of ${variant.model}: ${problem}`,
        ),
      );
    }
    return lacking.length > 0
      ? {
          holds: false,
          message: `waits for evidence: ${lacking.join('; ')}`,
        }
      : { holds: true, message: 'the evidence is there' };
  }

  private async lacking(
    gate: EvidenceGate,
    model: Model,
    version: ModelVersion,
  ): Promise<string[]> {
    const lacking: string[] = [];
    if (gate.metadata) {
      const problems = await this.options.evidence.metadataProblems(
        model,
        version,
      );
      lacking.push(...problems.map(({ field, rule }) => `${field} ${rule}`));
    }
    if (gate.evaluation) {
      const problem = evaluationProblem(gate.evaluation, version);
      if (problem) lacking.push(problem);
    }
    const unclean = gate.scan && scanProblem(version);
    if (unclean) lacking.push(unclean);
    return lacking;
  }
}

function evaluationProblem(
  { metric, above, below }: NonNullable<EvidenceGate['evaluation']>,
  { evaluation = {} }: ModelVersion,
): string | undefined {
  const value = Object.hasOwn(evaluation, metric)
    ? evaluation[metric]
    : undefined;
  const holds =
    value !== undefined &&
    (above === undefined || value > above) &&
    (below === undefined || value < below);
  if (holds) return undefined;
  const bounds = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(' and ');
  return `its evaluation must have ${metric} ${bounds}, and has ${
    value ?? 'none'
  }`;
}

function approvalVerdict(
  { by, count = 1, of }: ApprovalGate,
  subject: GateSubject,
): Verdict {
  if (of === 'breaking' && subject.breaks.length === 0)
    return { holds: true, message: 'it breaks no signature' };
  const approvers = approversFor(by, subject);
  if (approvers.length >= count)
    return { holds: true, message: `approved by ${approvers.join(', ')}` };
  const given = count > 1 ? ` (${approvers.length} of ${count} given)` : '';
  return {
    holds: false,
    message: `waits for approval by a member of ${by}${given}`,
  };
}

/** Members of the group who approved, none of whom asked for it. */
function approversFor(
  group: string,
  { decisions = [], requesters }: GateSubject,
): string[] {
  return decisions
    .filter(
      ({ decision, groups, approver }) =>
        decision === 'approved' &&
        groups.includes(group) &&
        !requesters.includes(approver),
    )
    .map(({ approver }) => approver);
}

function windowVerdict(window: WindowGate, now: Date): Verdict {
  const { open, until } = windowState(window, now);
  const time = `${until.toFormat('ccc yyyy-MM-dd HH:mm')} ${window.timezone}`;
  return open
    ? { holds: true, message: `the window is open until ${time}` }
    : { holds: false, message: `waits for its window, which opens ${time}` };
}
