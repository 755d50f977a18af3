import { ResolvedVariant } from '@model-platform/plugin-model-platform-common';
import { DeploymentSpec } from '@model-platform/plugin-model-platform-common';
import { variantsOf } from '../revisions/RevisionResolver';
import { selectorOf } from './describeOverrides';

/** Where a selector means another version by now than the one it was resolved to, e.g. `champion is 8, serving 7`. */
export function selectorDrift(
  spec: DeploymentSpec,
  meant: ResolvedVariant[],
  served: ResolvedVariant[],
): string[] {
  return variantsOf(spec).flatMap(({ name, version }) => {
    const now = meant.find(one => one.name === name);
    const then = served.find(one => one.name === name);
    if (
      !now ||
      !then ||
      (now.modelId === then.modelId && now.version === then.version)
    ) {
      return [];
    }
    const asked =
      'number' in version
        ? `version ${now.version} is asked for`
        : `${selectorOf(version)} is ${now.version}`;
    return [`${asked}, serving ${then.version}`];
  });
}
