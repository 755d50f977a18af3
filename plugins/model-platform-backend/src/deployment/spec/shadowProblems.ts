import {
  DeploymentSpec,
  FieldProblem,
} from '@model-platform/plugin-model-platform-common';
import { problem } from './problem';

/** What is wrong with the variants that get copies. */
export function shadowProblems(spec: DeploymentSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const variants = spec.variants ?? [];
  const isShadow = spec.strategy?.type === 'shadow';
  for (const [index, { shadow, weight }] of variants.entries()) {
    const field = `spec.variants[${index}]`;
    if (shadow !== undefined && !isShadow) {
      problems.push(
        problem(
          `${field}.shadow`,
          'needs the strategy shadow',
          shadow,
          'strategy: { type: shadow }',
        ),
      );
    }
    if (shadow !== undefined && weight !== undefined) {
      problems.push(
        problem(
          `${field}.weight`,
          'must be left out where a variant has shadow: it answers nobody',
          weight,
        ),
      );
    }
  }
  const count = variants.filter(({ shadow }) => shadow !== undefined).length;
  if (isShadow && count === 0) {
    problems.push(
      problem(
        'spec.variants',
        'one variant must have shadow with the strategy shadow: the share of calls, in percent, of which it gets a copy',
        undefined,
        '{ name: challenger, version: { alias: challenger }, shadow: 100 }',
      ),
    );
  } else if (isShadow && count === variants.length) {
    problems.push(
      problem('spec.variants', 'one variant must answer: one without shadow'),
    );
  }
  return problems;
}
