/**
 * Locks and environments of models that run in Python.
 *
 * @packageDocumentation
 */
export * from './findPython';
export * from './Uv';
export * from './PythonEnvironments';
