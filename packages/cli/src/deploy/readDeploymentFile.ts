import fs from 'node:fs';
import path from 'node:path';
import {
  manifestProblems,
  ModelDeploymentManifest,
  ModelPlatformClient,
  simplestDeployment,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { readModelFile } from '../model/readModelFile';
import { readYamlFile } from '../model/readYamlFile';

/**
 * The deployment that a folder or a file asks for. A folder without a
 * deployment file asks for the simplest: its model's current version, under
 * the model's own name, in the environment `local`.
 *
 * @throws CliError `WrongUsage` where there is neither, `Refused` where the file is not a deployment.
 */
export async function readDeploymentFile(
  location: string,
  platform: () => ModelPlatformClient,
): Promise<ModelDeploymentManifest> {
  const resolved = path.resolve(location);
  if (!fs.existsSync(resolved))
    throw new CliError('WrongUsage', `There is no ${location}.`);
  if (!fs.statSync(resolved).isDirectory()) return readManifest(resolved);

  const model = findModelFile(resolved) ? readModelFile(resolved) : undefined;
  const named = model?.fields.deployment;
  if (named !== undefined) {
    const file = path.resolve(resolved, String(named));
    if (typeof named !== 'string' || !fs.existsSync(file)) {
      throw new CliError(
        'Refused',
        `model.yaml names a deployment file that is not there: ${String(
          named,
        )}`,
      );
    }
    return readManifest(file);
  }
  for (const name of ['model-deployment.yaml', 'model-deployment.yml']) {
    if (fs.existsSync(path.join(resolved, name)))
      return readManifest(path.join(resolved, name));
  }
  if (!model) {
    throw new CliError(
      'WrongUsage',
      `There is neither a model-deployment.yaml nor a model.yaml in ${resolved}.`,
    );
  }
  return simplestDeployment(await platform().getModel(model.name), 'local');
}

function findModelFile(folder: string): boolean {
  return ['model.yaml', 'model.yml'].some(name =>
    fs.existsSync(path.join(folder, name)),
  );
}

function readManifest(file: string): ModelDeploymentManifest {
  const content = readYamlFile(file);
  const shown = path.relative(process.cwd(), file) || file;
  const problems = manifestProblems(content);
  if (problems.length)
    throw new CliError('Refused', `${shown} is not a deployment.`, {
      problems,
    });
  return content as unknown as ModelDeploymentManifest;
}
