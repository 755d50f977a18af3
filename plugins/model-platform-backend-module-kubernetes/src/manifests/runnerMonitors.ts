import { GatewayPlacement } from './GatewayPlacement';
import { LABELS, OURS } from './labels';
import { METRICS_KEY } from './metricsSecret';
import { PodMonitor } from './PodMonitor';
import { systemLabel } from './systemMarks';

/** Whose a series is within its system, by its name as label of metrics. */
const WHOSE = [
  'environment',
  'endpoint',
  'revision',
  'variant',
  'model',
  'version',
] as const;

/**
 * Tells the Prometheus operator to read all runners of the namespace. Whose a
 * series is says the pod, whatever a developer's code in it says; of what that
 * code counts, only metrics of the catalogue are kept, and none of a shadow's:
 * its answers reached nobody.
 */
export function runnerMonitors(placement: GatewayPlacement): PodMonitor[] {
  const platform = '(model_runner|process)_.+';
  const { collectedMetrics } = placement;
  const own =
    collectedMetrics.length > 0
      ? `|(${collectedMetrics.join('|')})(_bucket|_sum|_count)?`
      : '';
  return [
    monitor(placement, {
      name: 'model-runners',
      operator: 'DoesNotExist',
      kept: `${platform}${own}`,
    }),
    monitor(placement, {
      name: 'model-shadows',
      operator: 'Exists',
      kept: platform,
    }),
  ];
}

function monitor(
  { namespace, system, environment, settings }: GatewayPlacement,
  of: { name: string; operator: 'Exists' | 'DoesNotExist'; kept: string },
): PodMonitor {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: {
      name: of.name,
      namespace,
      labels: {
        ...settings.collector?.monitorLabels,
        ...OURS,
        ...systemLabel(system),
        [LABELS.environment]: environment,
      },
    },
    spec: {
      selector: {
        matchLabels: { ...OURS, [LABELS.component]: 'runner' },
        matchExpressions: [{ key: LABELS.shadow, operator: of.operator }],
      },
      podMetricsEndpoints: [
        {
          port: 'http',
          path: '/metrics',
          honorLabels: false,
          authorization: { credentials: METRICS_KEY },
          relabelings: [
            { targetLabel: 'system', replacement: system },
            ...WHOSE.map(label => ({
              sourceLabels: [metaLabel(LABELS[label])],
              targetLabel: label,
            })),
          ],
          metricRelabelings: [
            { action: 'keep', sourceLabels: ['__name__'], regex: of.kept },
            {
              action: 'labeldrop',
              regex: `exported_(system|${WHOSE.join('|')})`,
            },
          ],
        },
      ],
    },
  };
}

/** As Prometheus names the label of a pod. */
function metaLabel(label: string): string {
  return `__meta_kubernetes_pod_label_${label.replace(/[^a-zA-Z0-9_]/g, '_')}`;
}
