import { RunnerSpec } from '@model-platform/model-wire';
import {
  bytesOf,
  coresOf,
  Resources,
} from '@model-platform/plugin-model-platform-common';

/**
 * What a runner may use: what the deployment says, else what the version says,
 * each for itself. Undefined where neither says anything.
 */
export function toRunnerResources(
  deployment: Resources | undefined,
  version: Resources | undefined,
): RunnerSpec['resources'] {
  const { cpu, memory, gpu } = {
    ...version,
    ...withoutUndefined(deployment ?? {}),
  };
  const resources = withoutUndefined({
    cpuCores: cpu === undefined ? undefined : coresOf(cpu),
    memoryBytes: memory === undefined ? undefined : bytesOf(memory),
    gpus: gpu || undefined,
  });
  return Object.keys(resources).length > 0 ? resources : undefined;
}

function withoutUndefined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
