export { isDangerousImport } from './isDangerousImport';
export { mayHoldPickle } from './mayHoldPickle';
