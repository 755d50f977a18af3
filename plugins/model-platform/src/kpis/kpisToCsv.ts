import { KpiOverview } from '@model-platform/plugin-model-platform-common';

/**
 * The figures by model as RFC 4180 writes them, with one column for each
 * business metric. Rates are shares of 0 to 1, durations in seconds.
 */
export function kpisToCsv(kpis: KpiOverview): string {
  const head = [
    'model',
    'slug',
    'type',
    'theme',
    'owner',
    'system',
    'risk',
    'version',
    'last_published_at',
    'endpoints',
    'from',
    'to',
    'calls',
    'error_ratio',
    'latency_p95_seconds',
    ...kpis.businessMetrics.map(({ name }) => name),
  ];
  const rows = kpis.models.map(model => [
    model.name,
    model.slug,
    model.type,
    model.theme,
    model.owner,
    model.system,
    model.risk,
    model.version,
    model.lastPublishedAt,
    model.endpoints.join(' '),
    kpis.range.from,
    kpis.range.to,
    model.calls,
    model.errorRatio,
    model.latencyP95Seconds,
    ...kpis.businessMetrics.map(
      metric =>
        metric.models.find(({ slug }) => slug === model.slug)?.total.value,
    ),
  ]);
  return `${[head, ...rows]
    .map(row => row.map(toField).join(','))
    .join('\r\n')}\r\n`;
}

function toField(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  // A spreadsheet would run a text that begins like a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
