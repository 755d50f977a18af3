export * from './lineProblems';
export * from './publishedSignature';
export * from './signatureBreaks';
