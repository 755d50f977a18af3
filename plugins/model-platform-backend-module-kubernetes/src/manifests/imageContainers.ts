import { V1Container } from '@kubernetes/client-node';
import {
  IMAGE_LIVE_PATH,
  IMAGE_READY_PATH,
} from '@model-platform/plugin-model-platform-common';
import { containerResources } from './containerResources';
import { MOUNTS } from './images';
import { Placement } from './Placement';
import { containerSecurity } from './podSecurity';

export const IMAGE_SCRATCH_BYTES = 1024 * 1024 * 1024;

/**
 * The container of the model's developer: beside the runner, as a sidecar, so
 * that it is there before the runner, and until the runner has drained.
 */
export function imageContainers(placement: Placement): V1Container[] {
  const { image } = placement.variant.version;
  if (!image) return [];
  const { reference, port } = image;
  const ready = image.readyPath ?? IMAGE_READY_PATH;
  const live = image.livePath ?? IMAGE_LIVE_PATH;
  return [
    {
      name: 'model',
      image: reference,
      restartPolicy: 'Always',
      env: [
        { name: 'PORT', value: String(port) },
        { name: 'HOME', value: MOUNTS.scratch },
        { name: 'TMPDIR', value: MOUNTS.scratch },
      ],
      ports: [{ name: 'model', containerPort: port, protocol: 'TCP' }],
      ...containerResources(placement),
      securityContext: containerSecurity,
      startupProbe: {
        httpGet: { path: live, port },
        periodSeconds: 1,
        failureThreshold: 300,
      },
      readinessProbe: {
        httpGet: { path: ready, port },
        periodSeconds: 2,
        timeoutSeconds: 2,
        failureThreshold: 3,
      },
      livenessProbe: {
        httpGet: { path: live, port },
        periodSeconds: 10,
        timeoutSeconds: 5,
        // A call that keeps it busy is no reason to end it.
        failureThreshold: Math.ceil((placement.timeoutSeconds + 30) / 10),
      },
      // Its last lines may have what it was called with.
      terminationMessagePolicy: 'File',
      volumeMounts: [{ name: 'image-scratch', mountPath: MOUNTS.scratch }],
    },
  ];
}
