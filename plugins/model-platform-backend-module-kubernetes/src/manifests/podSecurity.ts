import {
  V1PodSecurityContext,
  V1SecurityContext,
} from '@kubernetes/client-node';

/** Nobody's on the node. */
const USER = 65_532;

/** What the `restricted` profile asks of a pod. */
export const podSecurity: V1PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
};

/** What the `restricted` profile asks of a container, and a file system that cannot be written to. */
export const containerSecurity: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};
