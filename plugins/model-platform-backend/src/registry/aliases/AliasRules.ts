import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';

/** Bounds of one evaluation metric. */
export interface EvaluationBounds {
  atLeast?: number;
  atMost?: number;
}

/** Who may move an alias, and what a version must have before it gets it. */
export interface AliasRule {
  /** Where it stands in the configuration; refusals name it. */
  place: string;
  alias: string;
  /** Names of systems; all where absent. */
  systems?: string[];
  /** Claims; who may update the model where absent. */
  movedBy?: string[];
  approval?: { by: string[]; notByPublisher: boolean };
  evaluation: Record<string, EvaluationBounds>;
}

const claims = z.array(z.string().min(1)).min(1);
const schema = z.strictObject({
  alias: z.string().min(1),
  systems: z.array(z.string().min(1)).min(1).optional(),
  movedBy: claims.optional(),
  requires: z
    .strictObject({
      approval: z
        .strictObject({ by: claims, notByPublisher: z.boolean().optional() })
        .optional(),
      evaluation: z
        .record(
          z.string(),
          z
            .strictObject({
              atLeast: z.number().optional(),
              atMost: z.number().optional(),
            })
            .refine(
              bounds =>
                bounds.atLeast !== undefined || bounds.atMost !== undefined,
              'must have atLeast or atMost',
            ),
        )
        .optional(),
    })
    .optional(),
});

/** The rules of aliases, as code: `modelPlatform.aliasRules`. */
export class AliasRules {
  /** Throws `InputError` that names the place. */
  static fromConfig(config: Config): AliasRules {
    const entries = config.getOptional('modelPlatform.aliasRules') ?? [];
    if (!Array.isArray(entries)) {
      throw new InputError('modelPlatform.aliasRules must be a list');
    }
    return new AliasRules(
      entries.map((entry, index) =>
        parseRule(entry, `modelPlatform.aliasRules[${index}]`),
      ),
    );
  }

  constructor(private readonly rules: AliasRule[] = []) {}

  all(): AliasRule[] {
    return this.rules;
  }

  /** All that hold for models of a system; of the one alias, or of any. */
  of(system: string, alias?: string): AliasRule[] {
    return this.rules.filter(
      rule =>
        (alias === undefined || rule.alias === alias) &&
        (!rule.systems || rule.systems.includes(system)),
    );
  }
}

function parseRule(entry: unknown, place: string): AliasRule {
  const parsed = schema.safeParse(entry);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(issue =>
      `${issue.path.join('.')} ${issue.message}`.trim(),
    );
    throw new InputError(`${place} is wrong: ${issues.join('; ')}`);
  }
  const { alias, systems, movedBy, requires = {} } = parsed.data;
  const { approval, evaluation = {} } = requires;
  if (approval?.by.some(isToken)) {
    throw new InputError(
      `${place}.requires.approval.by names a token; people approve`,
    );
  }
  return {
    place,
    alias,
    systems: systems?.map(toSystemName),
    movedBy: movedBy?.map(toClaim),
    approval: approval && {
      by: approval.by.map(toClaim),
      notByPublisher: approval.notByPublisher ?? false,
    },
    evaluation,
  };
}

function isToken(claim: string): boolean {
  return claim.startsWith('token:');
}

function toClaim(claim: string): string {
  return isToken(claim)
    ? claim
    : toEntityRef(claim, 'group').toLocaleLowerCase('en-US');
}
