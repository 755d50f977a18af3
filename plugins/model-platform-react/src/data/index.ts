export * from './useModelPlatform';
export * from './LoadState';
