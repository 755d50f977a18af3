import fs from 'node:fs';
import { CliError } from '../errors/CliError';

/**
 * Body of a call from `--data`: JSON, `@file`, or `-` for standard input. What
 * is already a request (`{"inputs": …}`) is sent as it is; one line of inputs,
 * or a list of them, is wrapped.
 *
 * @throws CliError `WrongUsage` where it cannot be read.
 */
export function readInputs(data: string): unknown {
  let text = data;
  let source = '--data';
  try {
    if (data === '-') {
      source = 'standard input';
      text = fs.readFileSync(0, 'utf8');
    } else if (data.startsWith('@')) {
      source = data.slice(1);
      text = fs.readFileSync(source, 'utf8');
    }
  } catch (error) {
    throw new CliError(
      'WrongUsage',
      `Cannot read ${source}: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new CliError(
      'WrongUsage',
      `${source} is not JSON: ${
        error instanceof Error ? error.message : error
      }`,
      {
        details: [
          `For example: --data '{"age": 41}', --data @line.json, or --data - to read standard input.`,
        ],
      },
    );
  }
  if (typeof content !== 'object' || content === null) {
    throw new CliError(
      'WrongUsage',
      `${source} must be an object of inputs or a list of such.`,
    );
  }
  return 'inputs' in content ? content : { inputs: content };
}
