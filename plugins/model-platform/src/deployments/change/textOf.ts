import {
  Deployment,
  ModelDeploymentManifest,
  writeYaml,
} from '@model-platform/plugin-model-platform-common';

/** What a deployment shall be, as the document that says so. */
export function textOf({ name, spec }: Deployment): string {
  const manifest: ModelDeploymentManifest = {
    apiVersion: 'model-platform.io/v1alpha1',
    kind: 'ModelDeployment',
    metadata: { name },
    spec,
  };
  return writeYaml(manifest);
}
