export * from './annotations';
export * from './ModelEntity';
export * from './ModelDeploymentEntity';
export { modelPlatformCatalogLayer } from './modelPlatformCatalogLayer';
