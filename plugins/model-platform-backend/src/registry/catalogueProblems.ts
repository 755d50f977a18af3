import {
  CustomMetric,
  FieldProblem,
} from '@model-platform/plugin-model-platform-common';
import { MetricCatalogue } from './metadata/MetricCatalogue';

/** Where the business metrics that a version declares are others in the catalogue. */
export function catalogueProblems(
  metrics: CustomMetric[],
  catalogue: MetricCatalogue,
): FieldProblem[] {
  return metrics.flatMap((metric, index) =>
    metricProblems(`metrics[${index}]`, metric, catalogue),
  );
}

function metricProblems(
  field: string,
  metric: CustomMetric,
  catalogue: MetricCatalogue,
): FieldProblem[] {
  const listed = catalogue.get(metric.name);
  if (!listed) {
    return [];
  }
  const problems: FieldProblem[] = [];
  const source = 'metric catalogue';
  if (listed.type !== metric.type) {
    problems.push({
      field: `${field}.type`,
      rule: `${metric.name} is a ${listed.type} in the metric catalogue`,
      given: metric.type,
      example: listed.type,
      source,
    });
  }
  if (metric.unit !== undefined && metric.unit !== listed.unit) {
    problems.push({
      field: `${field}.unit`,
      rule: `${metric.name} has ${
        listed.unit ? `the unit ${listed.unit}` : 'no unit'
      } in the metric catalogue`,
      given: metric.unit,
      example: listed.unit,
      source,
    });
  }
  for (const label of metric.labels ?? []) {
    if (!listed.labels?.includes(label)) {
      problems.push({
        field: `${field}.labels`,
        rule: `${metric.name} has no label ${label} in the metric catalogue`,
        given: label,
        example: listed.labels,
        source,
      });
    }
  }
  return problems;
}
