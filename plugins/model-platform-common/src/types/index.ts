export * from './Model';
export * from './Deployment';
export * from './Metrics';
export * from './Access';
