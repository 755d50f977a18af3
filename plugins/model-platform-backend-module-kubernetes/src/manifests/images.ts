/**
 * Where programs lie in the images, and where they find what they need. What
 * an image of one's own must have is in docs/kubernetes.md.
 */
export const PROGRAMS = {
  gateway: '/app/model-gateway/dist/main.cjs',
  gatewayAgent: '/app/model-gateway-agent/dist/main.cjs',
  fetch: '/app/model-fetch/dist/main.cjs',
  nodeRunner: '/app/model-runner-node/dist/main.cjs',
} as const;

/** Of every Node program: what is read only. */
export const APP = '/app';

export const MOUNTS = {
  /** Folder that a runner is started with. */
  model: '/model',
  scratch: '/tmp',
  /** Environment of a version that brings Python packages of its own. */
  packages: '/packages',
  /** Documents and the list of files, for the fetching container. */
  documents: '/documents',
  /** What the environment says to the model. */
  settings: '/settings',
  /** The pod's token, for the platform alone. */
  token: '/token',
} as const;

/** All listen here: nothing else is in their pods. */
export const PORT = 8080;
/** Of gateways, for the collector. */
export const ADMIN_PORT = 9090;
