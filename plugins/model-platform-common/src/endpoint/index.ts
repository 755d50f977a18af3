export * from './EndpointFacts';
export * from './endpointOpenApi';
export * from './endpointDocsPage';
export * from './typescriptClient';
export * from './pythonClient';
export * from './pythonLiteral';
