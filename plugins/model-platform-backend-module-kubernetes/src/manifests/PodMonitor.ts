import { KubernetesObject } from '@kubernetes/client-node';

interface Relabeling {
  action?: 'keep' | 'labeldrop';
  sourceLabels?: string[];
  targetLabel?: string;
  regex?: string;
  replacement?: string;
}

/** As far as the platform uses it: https://prometheus-operator.dev. */
export interface PodMonitor extends KubernetesObject {
  spec: {
    selector: {
      matchLabels: Record<string, string>;
      matchExpressions?: Array<{
        key: string;
        operator: 'Exists' | 'DoesNotExist';
      }>;
    };
    podMetricsEndpoints: Array<{
      port: string;
      path: string;
      /** Whether labels that a target says itself go before those of the target. */
      honorLabels: boolean;
      authorization: { credentials: { name: string; key: string } };
      relabelings?: Relabeling[];
      metricRelabelings: Relabeling[];
    }>;
  };
}
