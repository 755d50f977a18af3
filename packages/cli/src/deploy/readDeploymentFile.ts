import fs from 'node:fs';
import path from 'node:path';
import {
  FieldProblem,
  ModelDeploymentManifest,
  ModelPlatformClient,
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
  const { slug, name, system, owner } = await platform().getModel(model.name);
  return {
    apiVersion: 'model-platform.io/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: slug.slice(0, 40).replace(/-+$/, '') },
    spec: { owner, system, environment: 'local', model: name },
  };
}

function findModelFile(folder: string): boolean {
  return ['model.yaml', 'model.yml'].some(name =>
    fs.existsSync(path.join(folder, name)),
  );
}

function readManifest(file: string): ModelDeploymentManifest {
  const content = readYamlFile(file);
  const shown = path.relative(process.cwd(), file) || file;
  const problems: FieldProblem[] = [];
  const problem = (
    field: string,
    rule: string,
    given: unknown,
    example: unknown,
  ) => problems.push({ field, rule, given, example, source: 'platform' });
  if (content.apiVersion !== 'model-platform.io/v1alpha1') {
    problem(
      'apiVersion',
      'must be model-platform.io/v1alpha1',
      content.apiVersion,
      'model-platform.io/v1alpha1',
    );
  }
  if (content.kind !== 'ModelDeployment') {
    problem('kind', 'must be ModelDeployment', content.kind, 'ModelDeployment');
  }
  const metadata = content.metadata as Record<string, unknown> | undefined;
  if (typeof metadata?.name !== 'string' || !metadata.name) {
    problem(
      'metadata.name',
      'is required: the name of the endpoint',
      metadata?.name,
      'churn',
    );
  }
  if (typeof content.spec !== 'object' || content.spec === null) {
    problem('spec', 'is required', content.spec, {
      system: 'customer-care',
      environment: 'local',
      model: 'churn',
    });
  }
  if (problems.length)
    throw new CliError('Refused', `${shown} is not a deployment.`, {
      problems,
    });
  return content as unknown as ModelDeploymentManifest;
}
