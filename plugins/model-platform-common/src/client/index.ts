export * from './ModelPlatformClient';
