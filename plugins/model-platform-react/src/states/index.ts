export * from './LoadBoundary';
export * from './EmptyNote';
export * from './ErrorNote';
