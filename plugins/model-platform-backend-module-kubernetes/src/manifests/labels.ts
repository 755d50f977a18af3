import { ENDPOINT_LABEL } from '@model-platform/model-wire';

/** Who applies the objects, and whose they are; what has another value here is others'. */
export const MANAGER = 'model-platform';

/** Who says with how many pods a deployment begins: an autoscaler takes that over. */
export const STARTER = 'model-platform-start';

/** Annotation: lease number of the leader that wrote the object last. */
export const FENCING = 'model-platform.io/fencing';

/** Annotation of pods: fingerprint of the key that their secrets are made of, which they read once. */
export const KEYS = 'model-platform.io/keys';

export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  system: 'model-platform.io/system',
  environment: 'model-platform.io/environment',
  endpoint: ENDPOINT_LABEL,
  revision: 'model-platform.io/revision',
  variant: 'model-platform.io/variant',
  model: 'model-platform.io/model',
  version: 'model-platform.io/version',
  /** Of variants that only get copies of calls. */
  shadow: 'model-platform.io/shadow',
} as const;

export const OURS = { [LABELS.managedBy]: MANAGER };
