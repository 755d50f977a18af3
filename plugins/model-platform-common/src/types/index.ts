export * from './Model';
export * from './Deployment';
export * from './Traffic';
export * from './Life';
export * from './Metrics';
export * from './Access';
export * from './VersionComparison';
export * from './Webhook';
