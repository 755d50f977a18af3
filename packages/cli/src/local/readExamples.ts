import fs from 'node:fs';
import path from 'node:path';
import { CliError } from '../errors/CliError';
import { readYamlFile } from '../model/readYamlFile';
import { LocalVersion } from './prepareVersion';

/** A request to try, and what it must answer where that is said. */
export interface Example {
  name: string;
  inputs: unknown;
  outputs?: unknown;
}

const FILES = ['examples.yaml', 'examples.yml'];
const KEYS = ['name', 'inputs', 'outputs'];

/**
 * The example of `model.yaml`, and those of an `examples.yaml` beside it:
 * `examples: [{ name, inputs, outputs }]`, inputs of a line or a batch.
 */
export function readExamples({ manifest, source }: LocalVersion): Example[] {
  const found: Example[] = manifest.example
    ? [{ name: 'example of model.yaml', inputs: manifest.example }]
    : [];
  const file = FILES.map(name => path.join(source, name)).find(one =>
    fs.existsSync(one),
  );
  if (!file) return found;
  const { examples } = readYamlFile(file);
  const named = path.basename(file);
  if (!Array.isArray(examples) || !examples.every(isExample))
    throw new CliError(
      'Refused',
      `${named} must have a list examples, each with inputs and, where they are known, outputs.`,
    );
  // Misspelt outputs would never be compared.
  const problems = examples.flatMap((example, index) =>
    Object.keys(example)
      .filter(key => !KEYS.includes(key))
      .map(key => ({
        field: `examples[${index}].${key}`,
        rule: `is not known: an example has ${KEYS.join(', ')}`,
        source: 'platform',
      })),
  );
  if (problems.length)
    throw new CliError('Refused', `${named} is not accepted.`, { problems });
  return [
    ...found,
    ...examples.map((example, index) => ({
      ...example,
      name: example.name ?? `example ${index + 1} of ${named}`,
    })),
  ];
}

function isExample(value: unknown): value is Omit<Example, 'name'> & {
  name?: string;
} {
  return typeof value === 'object' && value !== null && 'inputs' in value;
}
