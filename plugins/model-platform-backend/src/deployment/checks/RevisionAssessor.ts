import {
  DeploymentGate,
  DeploymentSpec,
  FieldProblem,
  GateState,
  QuotaState,
  SignatureBreak,
} from '@model-platform/plugin-model-platform-common';
import { QuotaCheck } from './QuotaCheck';
import { breakProblems, SignatureCheck } from './SignatureCheck';
import { DeploymentRecord, QuotaRoom } from '../store/DeploymentRecord';
import { allGates } from '../gates/allGates';
import { GateJudge, GateSubject } from '../gates/GateJudge';
import { NewRequest } from '../gates/RequestStore';
import { problem } from '../spec/problem';

/** A revision that could be made. */
export type Candidate = Omit<GateSubject, 'breaks'> &
  Pick<NewRequest, 'actor' | 'resources' | 'lifts'>;

/** What is to be said of a revision before it is made. */
export interface Assessment {
  /** Why it cannot be made as it is. */
  problems: FieldProblem[];
  breaks: SignatureBreak[];
  quotas: QuotaState[];
  /** For the revision, where it is made. */
  room?: QuotaRoom;
  /** Of each of its gates. */
  states: GateState[];
  /** Whether it may be made now. */
  holds: boolean;
}

/** Looks at a revision before it is made; the same for every way in which one comes about. */
export class RevisionAssessor {
  constructor(
    private readonly options: {
      signatures: SignatureCheck;
      quotas: QuotaCheck;
      judge: GateJudge;
      clock: () => Date;
    },
  ) {}

  /**
   * @param deployment - as it is now; undefined for a new one
   * @param options - isAgain: it waits, and is looked at again and again
   */
  async assess(
    name: string,
    spec: DeploymentSpec,
    deployment: DeploymentRecord | undefined,
    candidate: Candidate,
    options: { isAgain?: boolean } = {},
  ): Promise<Assessment> {
    const assessment = await this.look(name, spec, deployment, candidate, {
      mayBeRecent: options.isAgain,
    });
    // What is about to be made takes room that is there now.
    return options.isAgain && assessment.holds
      ? await this.look(name, spec, deployment, candidate, {})
      : assessment;
  }

  private async look(
    name: string,
    spec: DeploymentSpec,
    deployment: DeploymentRecord | undefined,
    candidate: Candidate,
    quotaOptions: { mayBeRecent?: boolean },
  ): Promise<Assessment> {
    const { signatures, quotas, judge, clock } = this.options;
    const breaks = await signatures.breaks(deployment, candidate.variants);
    const use = await quotas.check(
      { name, system: spec.system, environment: spec.environment },
      candidate,
      quotaOptions,
    );
    const problems = [
      ...(await signatures.variantProblems(candidate.variants, index =>
        spec.variants ? `spec.variants[${index}].version` : 'spec.model',
      )),
      ...unallowedBreaks(spec, candidate.gates, breaks),
      ...use.problems,
    ];
    const states = await judge.judge({ ...candidate, breaks }, clock());
    return {
      problems,
      breaks,
      quotas: use.quotas,
      room: use.room,
      states,
      holds: problems.length === 0 && states.every(({ holds }) => holds),
    };
  }
}

/** Who allows a break says so for others, so that somebody else has to agree. */
function unallowedBreaks(
  { allowBreaking }: DeploymentSpec,
  gates: DeploymentGate[],
  breaks: SignatureBreak[],
): FieldProblem[] {
  if (breaks.length === 0 || !allowBreaking) return breakProblems(breaks);
  return gates.some(({ approval }) => approval)
    ? []
    : [
        problem(
          'spec.allowBreaking',
          `needs somebody's approval, since ${breaks
            .map(({ field, rule }) => `${field} ${rule}`)
            .join(
              ', ',
            )}; add a gate to spec.gates, or have one in the environment`,
          true,
          'gates: [{ approval: { by: group:default/model-risk, of: breaking } }]',
        ),
      ];
}

/** What the next revision of a deployment waits for, with a new spec: what this takes away holds once more. */
export function gatesInForce(
  deployment: Pick<DeploymentRecord, 'gates'> | undefined,
  gates: DeploymentGate[] = [],
): DeploymentGate[] {
  return allGates(deployment?.gates ?? [], gates);
}
