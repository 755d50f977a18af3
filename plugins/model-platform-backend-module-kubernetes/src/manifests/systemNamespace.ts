import { V1Namespace } from '@kubernetes/client-node';
import { LABELS, OURS } from './labels';
import { systemAnnotation, systemLabel } from './systemMarks';

const RESTRICTED = 'restricted';

/** Where the models of one system run in one environment: pods that could harm others are refused. */
export function systemNamespace(
  name: string,
  system: string,
  environment: string,
): V1Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...OURS,
        ...systemLabel(system),
        [LABELS.environment]: environment,
        'pod-security.kubernetes.io/enforce': RESTRICTED,
        'pod-security.kubernetes.io/enforce-version': 'latest',
        'pod-security.kubernetes.io/warn': RESTRICTED,
      },
      annotations: systemAnnotation(system),
    },
  };
}
