import { ConflictError, NotAllowedError } from '@backstage/errors';
import {
  Approval,
  Model,
  modelUpdatePermission,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../access/Authorizer';
import { Caller } from '../../access/Caller';
import { Claims } from '../../access/Claims';
import { ModelSubject } from '../../access/ModelFilter';
import { AliasRule, AliasRules } from './AliasRules';
import { ApprovalStore } from './ApprovalStore';
import { isApproved } from './isApproved';

/** Stands before every move of an alias, whichever door it comes through. */
export class AliasGuard {
  constructor(
    private readonly options: {
      rules: AliasRules;
      approvals: ApprovalStore;
      authorizer: Authorizer;
      claims: Claims;
    },
  ) {}

  /**
   * Where rules say who moves the alias, those may, and nobody else; where none
   * does, who may update the model. Throws `NotAllowedError`.
   */
  async requireMover(
    caller: Caller,
    model: ModelSubject,
    alias: string,
  ): Promise<void> {
    const { rules, authorizer, claims } = this.options;
    const limiting = rules.of(model.system, alias).filter(rule => rule.movedBy);
    if (limiting.length === 0) {
      await authorizer.require(caller, modelUpdatePermission, model);
      return;
    }
    const own = await claims.of(caller);
    for (const { movedBy = [], place } of limiting) {
      if (!movedBy.some(one => own.includes(one))) {
        throw new NotAllowedError(
          `Not allowed: the alias ${alias} of ${
            model.name
          } is moved only by ${movedBy.join(
            ', ',
          )}, as the rule ${place} says; one of them can move it`,
        );
      }
    }
  }

  /** Throws `ConflictError` where a rule asks for what a version outside the registry cannot have. */
  refuseBare(model: ModelSubject, alias: string, number: number): void {
    const asking = this.options.rules
      .of(model.system, alias)
      .find(
        ({ approval, evaluation }) =>
          approval || Object.keys(evaluation).length > 0,
      );
    if (asking) {
      throw new ConflictError(
        `Version ${number} of ${model.name} may not be ${alias}: it is not in the registry, so it cannot have what the rule ${asking.place} asks for; register a version with its files here and all its metadata`,
      );
    }
  }

  /** Throws `ConflictError` that names everything the version lacks, and who can give it. */
  async requireEvidence(
    model: Model,
    alias: string,
    version: ModelVersion,
  ): Promise<void> {
    const rules = this.options.rules.of(model.system, alias);
    const approvals = rules.some(rule => rule.approval)
      ? await this.options.approvals.list(model.id, version.number)
      : [];
    const lacking = rules.flatMap(rule => [
      ...(rule.approval && !isApproved(rule.approval, version, approvals)
        ? [approvalText(rule.approval, rule.place, approvals)]
        : []),
      ...evaluationTexts(rule, version),
    ]);
    if (lacking.length > 0) {
      throw new ConflictError(
        `Version ${version.number} of ${
          model.name
        } may not be ${alias} yet; it lacks ${lacking.join('; ')}`,
      );
    }
  }
}

function approvalText(
  { by, notByPublisher }: NonNullable<AliasRule['approval']>,
  place: string,
  decisions: Approval[],
): string {
  const refusalOf = (group: string) =>
    decisions.find(
      ({ decision, groups }) =>
        decision === 'refused' && groups.includes(group),
    );
  const refusal = by.every(refusalOf) && refusalOf(by[0]);
  if (refusal) {
    return `an approval, which ${refusal.approver} refused: ${refusal.reason}; a new version that mends it can get one (${place}.requires.approval)`;
  }
  return `an approval, which a member of ${by.join(' or ')} can give${
    notByPublisher ? ' who did not publish it' : ''
  } (${place}.requires.approval)`;
}

function evaluationTexts(
  { evaluation, place }: AliasRule,
  version: ModelVersion,
): string[] {
  const given = new Map(Object.entries(version.evaluation ?? {}));
  return Object.entries(evaluation).flatMap(([name, { atLeast, atMost }]) => {
    const value = given.get(name);
    const tooLow =
      atLeast !== undefined && !(value !== undefined && value >= atLeast);
    const tooHigh =
      atMost !== undefined && !(value !== undefined && value <= atMost);
    if (!tooLow && !tooHigh) return [];
    const bounds = [
      atLeast !== undefined && `at least ${atLeast}`,
      atMost !== undefined && `at most ${atMost}`,
    ].filter(Boolean);
    return [
      `an evaluation with ${name} of ${bounds.join(' and ')}, where it has ${
        value ?? 'none'
      }; its publisher gives it with a new version (${place}.requires.evaluation)`,
    ];
  });
}
