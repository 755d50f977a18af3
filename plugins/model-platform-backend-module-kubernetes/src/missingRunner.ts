import {
  V1Deployment,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { RunnerStatus } from '@model-platform/plugin-model-platform-common';
import { LABELS } from './manifests/labels';

/**
 * A runner in place of the pods that are wanted and are not there, with what
 * keeps the cluster from making them; undefined where none is missing.
 */
export function missingRunner(
  deployment: V1Deployment,
  pods: number,
  autoscaler: V2HorizontalPodAutoscaler | undefined,
): RunnerStatus | undefined {
  const { metadata, spec, status } = deployment;
  const wanted = Math.max(
    spec?.replicas ?? 1,
    autoscaler?.spec?.minReplicas ?? 0,
  );
  const missing = wanted - pods;
  if (missing <= 0) return undefined;
  const failure = status?.conditions?.find(
    ({ type, status: is }) => type === 'ReplicaFailure' && is === 'True',
  );
  const labels = metadata?.labels ?? {};
  return {
    id: `${metadata?.name}-missing`,
    variant: labels[LABELS.variant] ?? '',
    version: Number(labels[LABELS.version]),
    revision: Number(labels[LABELS.revision]),
    phase: failure ? 'failed' : 'starting',
    restarts: 0,
    message: failure
      ? `The cluster refuses to make ${missing} of its pods: ${failure.message}`
      : undefined,
  };
}
