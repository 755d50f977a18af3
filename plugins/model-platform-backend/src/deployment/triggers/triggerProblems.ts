import {
  DeploymentSpec,
  DeploymentTrigger,
  FieldProblem,
  MetricTrigger,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import { problem } from '../spec/problem';

/** Triggers that contradict each other or the rest of the spec, or that would go round in circles. */
export function triggerProblems(spec: DeploymentSpec): FieldProblem[] {
  const { triggers = [], variants } = spec;
  const problems: FieldProblem[] = [];
  const names = variants?.map(({ name }) => name) ?? ['main'];
  const areFixed = variants?.every(({ version }) => 'number' in version);
  for (const [index, trigger] of triggers.entries()) {
    const field = `spec.triggers[${index}]`;
    if (areFixed && !trigger.onMetric) {
      problems.push(
        problem(
          field,
          'contradicts spec.variants: each names a number, so that resolving them again changes nothing',
        ),
      );
    }
    for (const [other, before] of triggers.slice(0, index).entries()) {
      const rule = conflict(before, trigger);
      if (rule) problems.push(problem(field, rule(`spec.triggers[${other}]`)));
    }
    if (trigger.onMetric) {
      problems.push(
        ...metricProblems(trigger.onMetric, `${field}.onMetric`, names),
      );
    }
  }
  return problems;
}

function metricProblems(
  trigger: MetricTrigger,
  field: string,
  variants: string[],
): FieldProblem[] {
  const { above, below, clears, metric, action, variant, quantile } = trigger;
  const problems: FieldProblem[] = [];
  if (variant !== undefined && !variants.includes(variant)) {
    problems.push(
      problem(
        `${field}.variant`,
        'is none of spec.variants',
        variant,
        variants[0],
      ),
    );
  }
  if (quantile !== undefined && ['error_ratio', 'calls'].includes(metric)) {
    problems.push(problem(`${field}.quantile`, `${metric} has none`, quantile));
  }
  if (
    clears !== undefined &&
    (above === undefined ? clears < (below ?? clears) : clears > above)
  ) {
    problems.push(
      problem(
        `${field}.clears`,
        above === undefined
          ? `contradicts below: it is over at ${below} or more`
          : `contradicts above: it is over at ${above} or less`,
        clears,
        above ?? below,
      ),
    );
  }
  if (action === 'rollback' && metric === 'calls' && below !== undefined) {
    problems.push(
      problem(
        `${field}.action`,
        'goes round in circles: each revision begins without calls, the one that it rolls back to as well',
        action,
        'notify',
      ),
    );
  }
  return problems;
}

/** How a trigger contradicts an earlier one, in words that name its place. */
function conflict(
  before: DeploymentTrigger,
  after: DeploymentTrigger,
): ((place: string) => string) | undefined {
  if (canonicalJson(before) === canonicalJson(after)) {
    return place => `is the same as ${place}`;
  }
  if (before.onVersion && after.onVersion) {
    return before.onVersion === true || after.onVersion === true
      ? place =>
          `contradicts ${place}: one of them takes every version, so that no condition says no`
      : undefined;
  }
  return before.onMetric && after.onMetric
    ? metricConflict(before.onMetric, after.onMetric)
    : undefined;
}

function metricConflict(
  before: MetricTrigger,
  after: MetricTrigger,
): ((place: string) => string) | undefined {
  const isSameFigure =
    before.metric === after.metric &&
    before.variant === after.variant &&
    (before.quantile ?? 0.95) === (after.quantile ?? 0.95);
  if (!isSameFigure) return undefined;
  if (before.above === after.above && before.below === after.below) {
    return before.for === after.for && before.action !== after.action
      ? place =>
          `contradicts ${place}: both act on the same figure at the same time, one by ${before.action}, one by ${after.action}`
      : undefined;
  }
  const above = before.above ?? after.above;
  const below = before.below ?? after.below;
  return above !== undefined && below !== undefined && above < below
    ? place =>
        `contradicts ${place}: every ${after.metric} is above ${above} or below ${below}, so that one of them always acts`
    : undefined;
}
