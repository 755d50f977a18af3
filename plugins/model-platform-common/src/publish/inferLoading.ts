import { FieldProblem } from '../types';

/** How a version is loaded. @public */
export interface Loading {
  flavor: unknown;
  runtime: unknown;
  /** Path of the developer's own code among the files. */
  endpoint?: unknown;
}

/** What the name of a file says of its flavor. */
const flavorsByEnding: Array<[RegExp, string]> = [
  [/(^|\/)MLmodel$/, 'pyfunc'],
  [/\.onnx$/i, 'onnx'],
  [/\.(joblib|pkl|pickle|skops)$/i, 'sklearn'],
  [/\.(ubj|xgb|bst)$/i, 'xgboost'],
  [/\.lgb$/i, 'lightgbm'],
  [/\.mzn$/i, 'minizinc'],
  [/\.(lp|mps)$/i, 'highs'],
  [/\.bpmn$/i, 'bpmn'],
  [/\.dmn$/i, 'dmn'],
  [/^prompt\.(ya?ml|json|txt)$/, 'prompt'],
];

const pythonFlavors = ['sklearn', 'pyfunc', 'xgboost', 'lightgbm', 'python'];
const endpointFiles = [
  'endpoint.py',
  'endpoint.ts',
  'endpoint.mjs',
  'endpoint.js',
  'endpoint.cjs',
];

/**
 * Fills in what `model.yaml` leaves out, from the names of the files. What it
 * does say is taken as it is. A problem where the files do not say which flavor
 * it is. @public
 */
export function inferLoading(
  fields: Record<string, unknown>,
  paths: string[],
): Loading | { problem: FieldProblem } {
  const endpoint =
    fields.endpoint ?? endpointFiles.find(name => paths.includes(name));
  const flavor =
    fields.flavor ??
    (fields.image === undefined ? inferFlavor(paths, endpoint) : 'image');
  if (isProblem(flavor)) return flavor;
  const runtime = fields.runtime ?? inferRuntime(flavor, endpoint);
  return { flavor, runtime, endpoint };
}

function inferFlavor(
  paths: string[],
  endpoint: unknown,
): string | { problem: FieldProblem } {
  // An MLflow model carries its own files: its descriptor alone counts.
  if (paths.some(path => flavorsByEnding[0][0].test(path))) return 'pyfunc';
  const found = new Set<string>();
  for (const path of paths) {
    const match = flavorsByEnding.find(([ending]) => ending.test(path));
    if (match) found.add(match[1]);
  }
  // Code of the developer's own may have its prompts beside it.
  if (typeof endpoint === 'string') found.delete('prompt');
  if (found.size === 1) return [...found][0];
  if (!found.size && typeof endpoint === 'string')
    return endpoint.endsWith('.py') ? 'python' : 'node';
  return {
    problem: {
      field: 'flavor',
      rule: found.size
        ? `the files speak for several (${[...found]
            .sort()
            .join(', ')}): say which, or list the files of one under files`
        : 'is required, since no file says it',
      given: undefined,
      example: 'onnx',
      source: 'platform',
    },
  };
}

function isProblem(flavor: unknown): flavor is { problem: FieldProblem } {
  return typeof flavor === 'object' && flavor !== null && 'problem' in flavor;
}

function inferRuntime(flavor: unknown, endpoint: unknown): 'node' | 'python' {
  if (typeof endpoint === 'string')
    return endpoint.endsWith('.py') ? 'python' : 'node';
  return pythonFlavors.includes(String(flavor)) ? 'python' : 'node';
}
