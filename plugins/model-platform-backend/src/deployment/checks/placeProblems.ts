import {
  CatalogueMetric,
  DeploymentSpec,
  FieldProblem,
} from '@model-platform/plugin-model-platform-common';
import { Environments } from '../environments/Environments';
import { problem } from '../spec/problem';

/** Where it shall run, and what it shall look at, are there. */
export function placeProblems(
  spec: DeploymentSpec,
  environments: Environments,
  metric: (name: string) => CatalogueMetric | undefined,
): FieldProblem[] {
  if (!environments.has(spec.environment)) {
    return [
      problem(
        'spec.environment',
        `there is no such environment; there are: ${environments
          .names()
          .join(', ')}`,
        spec.environment,
        environments.names()[0],
      ),
    ];
  }
  const systems = environments.systems(spec.environment);
  const problems =
    systems && !systems.includes(spec.system)
      ? [
          problem(
            'spec.environment',
            `takes only deployments of the systems ${systems.join(', ')}`,
            spec.environment,
          ),
        ]
      : [];
  if (
    spec.resources?.replicas?.min === 0 &&
    !environments.driver(spec.environment).scalesToZero
  ) {
    problems.push(
      problem(
        'spec.resources.replicas.min',
        `must be at least 1: the environment ${spec.environment} keeps a runner of each variant`,
        0,
        1,
      ),
    );
  }
  const { maxBodyBytes = 0 } = spec.limits ?? {};
  const most = environments.maxBodyBytes(spec.environment);
  if (maxBodyBytes > most) {
    problems.push(
      problem(
        'spec.limits.maxBodyBytes',
        `may be at most ${most} in ${spec.environment}`,
        maxBodyBytes,
        most,
      ),
    );
  }
  for (const [index, { onMetric }] of (spec.triggers ?? []).entries()) {
    if (onMetric && !isKnown(onMetric.metric, metric)) {
      problems.push(
        problem(
          `spec.triggers[${index}].onMetric.metric`,
          'is neither error_ratio, latency or calls, nor in the metric catalogue of the platform',
          onMetric.metric,
          'error_ratio',
        ),
      );
    }
  }
  return problems;
}

function isKnown(
  name: string,
  metric: (name: string) => CatalogueMetric | undefined,
): boolean {
  return (
    ['error_ratio', 'latency', 'calls'].includes(name) ||
    metric(name) !== undefined
  );
}
