import { CustomMetric, FieldProblem } from '../types';

/** What runners and gateway count themselves, or their client libraries. */
const RESERVED_NAME =
  /^(model_gateway_|model_runner_|process_|python_|nodejs_|gen_ai_|__)/;
/** Of the platform's series, and those that Prometheus' own text format has. */
const RESERVED_LABELS = [
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
  'consumer',
  'code',
  'le',
  'quantile',
];

/** What is wrong with the business metrics that a version declares; with it, no runner would start. @public */
export function metricProblems(metrics: CustomMetric[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [index, metric] of metrics.entries()) {
    const field = `metrics[${index}]`;
    const series = seriesOf(metric);
    const taken = series.find(name => seen.has(name));
    if (taken !== undefined) {
      problems.push({
        field: `${field}.name`,
        rule:
          taken === metric.name
            ? 'is declared twice'
            : `its series ${taken} are those of another metric`,
        given: metric.name,
        source: 'platform',
      });
    }
    for (const name of series) seen.add(name);
    if (RESERVED_NAME.test(metric.name)) {
      problems.push({
        field: `${field}.name`,
        rule: "must not begin as the platform's own metrics do",
        given: metric.name,
        example: metric.name.replace(RESERVED_NAME, ''),
        source: 'platform',
      });
    }
    for (const label of metric.labels ?? []) {
      if (RESERVED_LABELS.includes(label) || label.startsWith('__')) {
        problems.push({
          field: `${field}.labels`,
          rule: `the label ${label} is the platform's`,
          given: label,
          source: 'platform',
        });
      }
    }
  }
  return problems;
}

/** Names that the client libraries of the runtimes give to what one metric counts. */
function seriesOf({ name, type }: CustomMetric): string[] {
  switch (type) {
    case 'histogram':
      return [name, `${name}_bucket`, `${name}_count`, `${name}_sum`];
    case 'counter':
      return [name, name.replace(/_total$/, ''), `${name}_total`];
    default:
      return [name];
  }
}
