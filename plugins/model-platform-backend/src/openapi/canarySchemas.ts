import { OpenApiObject, schemaRef } from './operation';
import {
  integer,
  listOf,
  number,
  object,
  oneOf,
  text,
  time,
} from './schemaParts';

/** Canaries and overrides, as the API shows and takes them. */
export const canarySchemas: Record<string, OpenApiObject> = {
  CanaryStep: object({
    weight: number,
    'pause?': { ...text, description: 'At least so long: 30s, 10m, 2h, 1d' },
    'waitForPerson?': { const: true },
  }),
  CanaryAnalysis: object({
    'minCalls?': integer,
    'waitAtMost?': text,
    metrics: listOf(
      object({
        metric: {
          ...text,
          description:
            'error_ratio (0 to 1), latency (seconds), or a metric of the metric catalogue',
        },
        'quantile?': number,
        'max?': number,
        'min?': number,
        'againstStable?': object({
          'maxDifference?': number,
          'minDifference?': number,
          'maxRatio?': number,
          'minRatio?': number,
        }),
      }),
    ),
  }),
  CanaryStatus: object({
    revision: integer,
    stableRevision: integer,
    stable: listOf(schemaRef('ResolvedVariant')),
    phase: oneOf('progressing', 'promoted', 'rolled-back'),
    step: integer,
    steps: integer,
    weight: number,
    startedAt: time,
    'since?': time,
    'waitsFor?': oneOf(
      'route',
      'runners',
      'time',
      'figures',
      'calls',
      'person',
      'resume',
    ),
    'until?': time,
    'unreadySince?': time,
    'shownAt?': time,
    analysis: listOf(
      object({
        metric: text,
        verdict: oneOf('passed', 'failed', 'waiting'),
        'value?': number,
        'stableValue?': number,
        calls: number,
        stableCalls: number,
        message: text,
      }),
    ),
    'reason?': text,
    'endedAt?': time,
  }),
  DeploymentOverride: object({
    kind: oneOf('off', 'pause', 'promote', 'rollback'),
    by: text,
    since: time,
    'reason?': text,
    'variant?': text,
    'revision?': integer,
  }),
  ResolvedVariant: object({
    name: text,
    modelId: text,
    model: text,
    version: integer,
    weight: number,
    'shadow?': number,
  }),
};
