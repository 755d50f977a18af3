import fs from 'node:fs';
import path from 'node:path';
import { checkModelFields } from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { ModelFile } from './ModelFile';
import { readYamlFile } from './readYamlFile';

const smallest = [
  'name: churn',
  'type: ml',
  'owner: group:default/crm',
  'system: customer-care',
  'description: Tells which customers may leave',
  'metadata:',
  '  purpose: Account managers call those customers first',
  '  audience: Account managers, through the CRM',
  '  method: Gradient boosted trees',
  '  data: { sources: [CRM contracts], personalData: none, period: in 2024 }',
  '  theme: retention',
  '  risk: minimal',
  'signature:',
  '  inputs: [{ name: contract_months, type: integer }]',
  '  outputs: [{ name: probability, type: number }]',
];

/**
 * Reads `model.yaml` of a folder, or the file itself.
 *
 * @throws CliError `WrongUsage` where there is none, `Refused` where it cannot
 *   be read, has no name, or has a field nobody would look at.
 */
export function readModelFile(location: string): ModelFile {
  const file = locate(location);
  const fields = readYamlFile(file);
  const problems = checkModelFields(fields);
  if (problems.length) {
    throw new CliError(
      'Refused',
      `${path.basename(file)} is not accepted. Nothing was published.`,
      { problems },
    );
  }
  return {
    folder: path.dirname(file),
    path: file,
    name: String(fields.name),
    fields,
  };
}

function locate(location: string): string {
  const resolved = path.resolve(location);
  let stats: fs.Stats;
  try {
    stats = fs.statSync(resolved);
  } catch {
    throw new CliError('WrongUsage', `There is no ${location}.`);
  }
  if (!stats.isDirectory()) return resolved;
  for (const name of ['model.yaml', 'model.yml']) {
    const file = path.join(resolved, name);
    if (fs.existsSync(file)) return file;
  }
  throw new CliError('WrongUsage', `There is no model.yaml in ${resolved}.`, {
    details: [
      'It says what the model is. A small one:',
      '',
      ...smallest.map(line => `  ${line}`),
    ],
  });
}
