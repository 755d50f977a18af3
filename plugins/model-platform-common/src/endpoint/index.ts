export * from './endpointOpenApi';
export * from './endpointDocsPage';
