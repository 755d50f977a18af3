export * from './lineProblems';
