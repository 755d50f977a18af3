import { Model, ModelDeploymentManifest } from '../types';

/** Of deployments, whose names are DNS labels. */
const MAX_NAME_LENGTH = 40;

/** What serves the newest version of a model, under the model's own name. @public */
export function simplestDeployment(
  { slug, name, system, owner }: Model,
  environment: string,
): ModelDeploymentManifest {
  return {
    apiVersion: 'model-platform.io/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name: slug.slice(0, MAX_NAME_LENGTH).replace(/-+$/, '') },
    spec: { owner, system, environment, model: name },
  };
}
