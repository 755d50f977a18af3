import fs from 'node:fs';
import path from 'node:path';
import { readYamlObject } from '@model-platform/plugin-model-platform-common';
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
  const { content, problems } = readYamlObject(text);
  if (!content) {
    throw new CliError('Refused', `${shown} is not valid YAML.`, {
      details: problems.map(problem =>
        /^\d/.test(problem) ? `${shown}:${problem}` : problem,
      ),
    });
  }
  return content;
}
