import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { EndpointContext } from './EndpointContext';

/** What a developer's `endpoint.ts` or `.js` exports; each may be async. */
export interface EndpointCode {
  load?(context: EndpointContext): unknown;
  predict?(model: unknown, inputs: unknown, context: EndpointContext): unknown;
  predictBatch?(
    model: unknown,
    rows: unknown[],
    context: EndpointContext,
  ): unknown;
}

const NAMES = ['load', 'predict', 'predictBatch'] as const;

/** @throws Error with the trace, and the line in its message, where the file can't be imported */
export async function importEndpoint(
  directory: string,
  file: string,
): Promise<EndpointCode> {
  let module: Record<string, unknown>;
  try {
    const location = fs.realpathSync(path.join(directory, file));
    module = await import(pathToFileURL(location).href);
  } catch (error) {
    const reason =
      error instanceof Error ? `${error.name}: ${error.message}` : error;
    throw new Error(`${file} can't be imported: ${reason}`, { cause: error });
  }
  // CommonJS, and those who prefer it, have their functions in the default.
  const exported = { ...Object(module.default), ...module };
  const code: Record<string, unknown> = {};
  for (const name of NAMES) {
    const found = exported[name];
    if (found !== undefined && typeof found !== 'function')
      throw new Error(`${file} exports ${name}, but it is no function`);
    code[name] = found;
  }
  return code;
}
