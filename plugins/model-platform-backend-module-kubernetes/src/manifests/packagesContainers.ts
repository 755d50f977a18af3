import { V1Container, V1Volume } from '@kubernetes/client-node';
import { REQUIREMENTS_LOCK } from '@model-platform/plugin-model-platform-common';
import { DesiredVariant } from '@model-platform/plugin-model-platform-node';
import { containerResources } from './containerResources';
import { MOUNTS } from './images';
import { Placement } from './Placement';
import { containerSecurity } from './podSecurity';

/** Room for the largest of the field, with the libraries of GPUs. */
const PACKAGES_BYTES = 16 * 1024 * 1024 * 1024;

/** Whether a version runs with Python packages of its own, not with those of the image. */
export function bringsPackages({ version }: DesiredVariant): boolean {
  return (
    version.runtime === 'python' &&
    version.files.some(({ path }) => path === REQUIREMENTS_LOCK)
  );
}

/**
 * Makes the environment of the version's lock, once its files are there: wheels
 * alone, of the lock's hashes. It has no token and no secret, and runs nothing
 * of what it installs.
 */
export function packagesContainers(placement: Placement): V1Container[] {
  const { cluster, variant } = placement;
  if (!bringsPackages(variant)) return [];
  return [
    {
      name: 'packages',
      image: cluster.images.python,
      command: ['python', '-m', 'model_runner.install_packages'],
      env: [
        { name: 'MODEL_DIR', value: MOUNTS.model },
        { name: 'PACKAGES_DIR', value: MOUNTS.packages },
        { name: 'PACKAGE_INDEX', value: cluster.packageIndex },
        { name: 'HOME', value: MOUNTS.packages },
        { name: 'TMPDIR', value: MOUNTS.packages },
      ],
      ...containerResources(placement),
      securityContext: containerSecurity,
      terminationMessagePolicy: 'FallbackToLogsOnError',
      volumeMounts: [
        { name: 'model', mountPath: MOUNTS.model, readOnly: true },
        { name: 'packages', mountPath: MOUNTS.packages },
      ],
    },
  ];
}

export function packagesVolumes({ variant }: Placement): V1Volume[] {
  if (!bringsPackages(variant)) return [];
  return [
    { name: 'packages', emptyDir: { sizeLimit: String(PACKAGES_BYTES) } },
  ];
}
