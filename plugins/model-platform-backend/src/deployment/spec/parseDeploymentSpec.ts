import {
  cpuSchema,
  DeploymentSpec,
  FieldProblem,
  MAX_CALL_SECONDS,
  memorySchema,
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { canonicalGates, gatesSchema } from '../gates/gateSchema';
import { triggerProblems } from '../triggers/triggerProblems';
import { triggersSchema } from '../triggers/triggerSchema';
import { canaryProblems } from '../canary/canarySchema';
import { problem } from './problem';
import { shadowProblems } from './shadowProblems';
import { limitsSchema, shadowSchema, strategySchema } from './strategySchema';

/** Words that stand for something else in paths and metrics of the gateway. */
const RESERVED_NAMES = new Set([
  'admin',
  'health',
  'live',
  'metrics',
  'ready',
  'unknown',
  'v2',
]);

/** A DNS label without `--`, which drivers use to put names together. */
const LABEL = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Of versions and revisions; databases take no larger whole numbers. */
export const MAX_NUMBER = 2_147_483_647;

/** Of a variant. */
const MAX_REPLICAS = 1_000;

const text = z.string().trim().min(1).max(255);

const versionSelector = z.union(
  [
    z.strictObject({ alias: text }),
    z.strictObject({ number: z.number().int().positive().max(MAX_NUMBER) }),
    z.strictObject({ latest: z.literal(true) }),
  ],
  {
    error: 'must be one of { alias: name }, { number: 3 } or { latest: true }',
  },
);

/** The `spec` of a `ModelDeployment`. */
export const deploymentSpecSchema = z.strictObject({
  owner: text.optional(),
  system: text,
  environment: text,
  model: text,
  strategy: strategySchema.optional(),
  variants: z
    .array(
      z.strictObject({
        name: z
          .string()
          .max(20, 'must have at most 20 characters')
          .regex(
            LABEL,
            'must consist of a-z, 0-9 and single -, without - at its ends',
          ),
        version: versionSelector,
        weight: z.number().min(0).max(100).optional(),
        shadow: shadowSchema.optional(),
        model: text.optional(),
      }),
    )
    .min(1)
    .max(10)
    .optional(),
  resources: z
    .strictObject({
      cpu: cpuSchema.optional(),
      memory: memorySchema.optional(),
      gpu: z.number().int().min(0).optional(),
      timeoutSeconds: z.number().positive().max(MAX_CALL_SECONDS).optional(),
      replicas: z
        .strictObject({
          min: z.number().int().min(0),
          max: z.number().int().min(1).max(MAX_REPLICAS),
          inFlight: z.number().positive().max(10_000).optional(),
          idleSeconds: z.number().int().min(1).max(86_400).optional(),
        })
        .refine(
          replicas => replicas.min <= replicas.max,
          'min must not exceed max',
        )
        .optional(),
    })
    .optional(),
  triggers: triggersSchema.optional(),
  gates: gatesSchema.optional(),
  allowBreaking: z.boolean().optional(),
  limits: limitsSchema.optional(),
});

/** The name and spec in their canonical form, or what is wrong with them. */
export function parseDeploymentSpec(
  name: string,
  input: unknown,
): { spec?: DeploymentSpec; problems: FieldProblem[] } {
  const problems = nameProblems(name);
  const parsed = deploymentSpecSchema.safeParse(input);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      problems.push(
        problem(
          ['spec', ...issue.path].reduce<string>(joinPath, ''),
          issue.message,
          valueAt(input, issue.path),
        ),
      );
    }
    return { problems };
  }
  const spec: DeploymentSpec = {
    ...parsed.data,
    system: toSystemName(parsed.data.system),
    owner: parsed.data.owner && toEntityRef(parsed.data.owner, 'group'),
  };
  if (parsed.data.gates) spec.gates = canonicalGates(parsed.data.gates);
  problems.push(
    ...variantProblems(spec),
    ...canaryProblems(spec),
    ...shadowProblems(spec),
    ...triggerProblems(spec),
  );
  return problems.length > 0 ? { problems } : { spec, problems };
}

function nameProblems(name: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!LABEL.test(name) || name.length > 40) {
    problems.push(
      problem(
        'metadata.name',
        'must be a DNS label of at most 40 characters: a-z, 0-9 and single -, without - at its ends',
        name,
        'churn-production',
      ),
    );
  } else if (RESERVED_NAMES.has(name)) {
    problems.push(
      problem('metadata.name', 'is reserved for the platform itself', name),
    );
  }
  return problems;
}

function variantProblems(spec: DeploymentSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const variants = spec.variants ?? [];
  const names = new Set<string>();
  for (const [index, variant] of variants.entries()) {
    if (names.has(variant.name)) {
      problems.push(
        problem(`spec.variants[${index}].name`, 'must be unique', variant.name),
      );
    }
    names.add(variant.name);
  }
  if (spec.strategy?.type === 'single' && variants.length > 1) {
    problems.push(
      problem(
        'spec.variants',
        'must be one variant with the strategy single',
        variants.length,
      ),
    );
  }
  const weights = variants
    .filter(({ shadow }) => shadow === undefined)
    .map(variant => variant.weight);
  const given = weights.filter(weight => weight !== undefined);
  if (given.length > 0 && given.length < weights.length) {
    problems.push(
      problem(
        'spec.variants',
        'either all variants have a weight or none',
        weights,
      ),
    );
  } else if (given.length > 0) {
    const total = given.reduce((sum, weight) => sum + weight, 0);
    if (Math.abs(total - 100) > 0.01) {
      problems.push(
        problem(
          'spec.variants',
          `the weights must add up to 100, not ${total}`,
          weights,
        ),
      );
    }
  }
  return problems;
}

function joinPath(path: string, part: PropertyKey): string {
  if (typeof part === 'number') {
    return `${path}[${part}]`;
  }
  return path === '' ? String(part) : `${path}.${String(part)}`;
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    value = Reflect.get(value, part);
  }
  return typeof value === 'object' ? undefined : value;
}
