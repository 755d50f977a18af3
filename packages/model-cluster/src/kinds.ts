/** Kinds of objects that the platform writes or watches. */
export const KINDS = {
  Namespace: { apiVersion: 'v1', plural: 'namespaces' },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts' },
  Secret: { apiVersion: 'v1', plural: 'secrets' },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps' },
  Service: { apiVersion: 'v1', plural: 'services' },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    plural: 'networkpolicies',
  },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    plural: 'poddisruptionbudgets',
  },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    plural: 'horizontalpodautoscalers',
  },
  RoleBinding: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    plural: 'rolebindings',
  },
  HTTPRoute: {
    apiVersion: 'gateway.networking.k8s.io/v1',
    plural: 'httproutes',
  },
  /** Of the Prometheus operator, where the cluster has it. */
  PodMonitor: {
    apiVersion: 'monitoring.coreos.com/v1',
    plural: 'podmonitors',
  },
  EndpointSlice: {
    apiVersion: 'discovery.k8s.io/v1',
    plural: 'endpointslices',
  },
  Lease: { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' },
} as const;

export type Kind = keyof typeof KINDS;

/** Where objects of a kind are, in one namespace or all. */
export function pathOf(kind: Kind, namespace?: string): string {
  const { apiVersion, plural } = KINDS[kind];
  return [
    apiVersion.includes('/') ? '/apis' : '/api',
    apiVersion,
    ...(namespace ? ['namespaces', namespace] : []),
    plural,
  ].join('/');
}
