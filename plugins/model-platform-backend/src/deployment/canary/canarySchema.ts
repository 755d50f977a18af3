import {
  CatalogueMetric,
  DeploymentSpec,
  FieldProblem,
} from '@model-platform/plugin-model-platform-common';
import { z } from 'zod';
import { parseDuration } from '../spec/parseDuration';
import { problem } from '../spec/problem';

const duration = z
  .string()
  .refine(
    given => parseDuration(given) !== undefined,
    'must be a duration such as 30s, 10m, 2h or 1d',
  );

const step = z.strictObject({
  weight: z
    .number()
    .gt(0, 'must be above 0')
    .lt(100, 'must be below 100: all traffic comes after the last step')
    .refine(
      given => Math.abs(given * 10 - Math.round(given * 10)) < 1e-9,
      'must have at most one decimal',
    ),
  pause: duration.optional(),
  waitForPerson: z.literal(true).optional(),
});

const bound = z.number();

const metric = z
  .strictObject({
    metric: z
      .string()
      .regex(
        /^[a-zA-Z_][a-zA-Z0-9_]*$/,
        'must be error_ratio, latency or a metric of the metric catalogue',
      ),
    quantile: z.number().gt(0).lt(1).optional(),
    max: bound.optional(),
    min: bound.optional(),
    againstStable: z
      .strictObject({
        maxDifference: bound.nonnegative().optional(),
        minDifference: bound.nonnegative().optional(),
        maxRatio: bound.positive().optional(),
        minRatio: bound.positive().optional(),
      })
      .refine(
        given => Object.keys(given).length > 0,
        'must have one of maxDifference, minDifference, maxRatio and minRatio',
      )
      .optional(),
  })
  .refine(
    ({ max, min, againstStable }) =>
      max !== undefined || min !== undefined || againstStable !== undefined,
    'must have a bound: max, min or againstStable',
  );

/** What the strategy `canary` has beside the fields of the others. */
export const canaryFields = {
  steps: z.array(step).min(1).max(20).optional(),
  analysis: z
    .strictObject({
      minCalls: z.number().int().min(1).max(1_000_000).optional(),
      waitAtMost: duration.optional(),
      metrics: z.array(metric).min(1).max(10),
    })
    .optional(),
};

/** What is wrong with a canary, beyond the shape of its fields. */
export function canaryProblems({
  strategy,
  variants = [],
}: DeploymentSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (strategy?.type !== 'canary') {
    for (const field of ['steps', 'analysis'] as const) {
      if (strategy?.[field] !== undefined) {
        problems.push(
          problem(
            `spec.strategy.${field}`,
            'is of the strategy canary only',
            strategy.type,
            'canary',
          ),
        );
      }
    }
    return problems;
  }
  if (!strategy.steps) {
    problems.push(
      problem('spec.strategy.steps', 'is required with canary', undefined, [
        { weight: 10, pause: '10m' },
      ]),
    );
  }
  if (variants.length > 1) {
    problems.push(
      problem(
        'spec.variants',
        'must be one variant with the strategy canary: the other one is what served before',
        variants.length,
      ),
    );
  }
  for (const [index, { weight }] of (strategy.steps ?? []).entries()) {
    const before = strategy.steps?.[index - 1];
    if (before && before.weight > weight) {
      problems.push(
        problem(
          `spec.strategy.steps[${index}].weight`,
          `must not be below the ${before.weight} % of the step before`,
          weight,
        ),
      );
    }
  }
  return problems;
}

/** Which metrics of the analysis the platform does not have, or cannot read so. */
export function analysisProblems(
  { strategy }: DeploymentSpec,
  find: (name: string) => CatalogueMetric | undefined,
): FieldProblem[] {
  return (strategy?.analysis?.metrics ?? []).flatMap(
    ({ metric: name, quantile }, index) => {
      const field = `spec.strategy.analysis.metrics[${index}]`;
      const type =
        name === 'latency' || name === 'error_ratio' ? name : find(name)?.type;
      if (!type) {
        return [
          problem(
            `${field}.metric`,
            'must be error_ratio, latency, or a metric of the platform’s metric catalogue: no other ones are collected',
            name,
            'error_ratio',
          ),
        ];
      }
      return quantile !== undefined && !['latency', 'histogram'].includes(type)
        ? [
            problem(
              `${field}.quantile`,
              `only latency and histograms have quantiles; ${name} has none`,
              quantile,
            ),
          ]
        : [];
    },
  );
}
