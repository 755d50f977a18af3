import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';

/** Every call of the control plane, as the person who is signed in. @public */
export type ModelPlatformApi = Pick<
  ModelPlatformClient,
  keyof ModelPlatformClient
>;
