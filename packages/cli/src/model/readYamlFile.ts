import fs from 'node:fs';
import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { CliError } from '../errors/CliError';

/** Larger than any that a person writes; a model given by mistake is not read whole. */
const MAX_BYTES = 1024 * 1024;

/**
 * A YAML file with an object at its top.
 *
 * @throws CliError `Refused` that names file, line and column of what cannot be read.
 */
export function readYamlFile(file: string): Record<string, unknown> {
  const shown = path.relative(process.cwd(), file) || file;
  let text: string;
  try {
    if (fs.statSync(file).size > MAX_BYTES) {
      throw new CliError(
        'Refused',
        `${shown} is larger than 1 MiB; is it really YAML?`,
      );
    }
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      'Refused',
      `Cannot read ${shown}: ${error instanceof Error ? error.message : error}`,
    );
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
  });
  if (document.errors.length) {
    throw new CliError('Refused', `${shown} is not valid YAML.`, {
      details: document.errors.map(error => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `${shown}:${line}:${col}  ${error.message}`;
      }),
    });
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new CliError(
      'Refused',
      `${shown} cannot be read: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
  if (
    typeof content !== 'object' ||
    content === null ||
    Array.isArray(content)
  ) {
    throw new CliError(
      'Refused',
      `${shown} must hold fields and their values, such as "name: churn".`,
    );
  }
  return content as Record<string, unknown>;
}
