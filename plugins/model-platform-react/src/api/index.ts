export { modelPlatformApiRef } from './modelPlatformApiRef';
export type { ModelPlatformApi } from './ModelPlatformApi';
