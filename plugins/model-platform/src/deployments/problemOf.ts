import { Deployment } from '@model-platform/plugin-model-platform-common';

/** What is wrong or still going on with a deployment, in the platform's words; empty where all is well. */
export function problemOf(deployment: Deployment): string {
  if (deployment.off) return deployment.offReason ?? '';
  if (deployment.phase === 'Ready') return '';
  const condition =
    deployment.conditions.find(
      ({ type, status }) => type === 'Degraded' && status === 'True',
    ) ??
    deployment.conditions.find(
      ({ type, status }) => type === 'Progressing' && status !== 'Unknown',
    ) ??
    deployment.conditions.find(
      ({ type, status }) => type === 'Available' && status !== 'True',
    );
  return condition?.message ?? '';
}
