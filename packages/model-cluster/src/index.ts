/**
 * What the platform asks of the API server of a Kubernetes cluster.
 *
 * @packageDocumentation
 */
export * from './kinds';
export * from './KubernetesClient';
export * from './WatchedKind';
export * from './toClusterError';
