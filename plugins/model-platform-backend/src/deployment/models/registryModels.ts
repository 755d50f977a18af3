import { Registry } from '../../registry/Registry';
import { DeployableModels } from './DeployableModels';

/** The registry, as far as deployments need it. */
export function registryModels(registry: Registry): DeployableModels {
  return {
    find: ref => registry.findModel(ref),
    byId: id => registry.findModelById(id),
    version: (modelId, number) => registry.findVersion(modelId, number),
    isDraft: (modelId, number) => registry.isDraft(modelId, number),
    openFile: (version, path) => registry.openFile(version, path),
  };
}
