import { RunnerSpec } from '@model-platform/model-wire';
import { Resources } from '@model-platform/plugin-model-platform-common';

const UNITS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

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
  const cpuCores = cpu === undefined ? undefined : coresOf(cpu);
  const memoryBytes = memory === undefined ? undefined : bytesOf(memory);
  const resources = withoutUndefined({
    cpuCores: cpuCores || undefined,
    memoryBytes: memoryBytes || undefined,
    gpus: gpu || undefined,
  });
  return Object.keys(resources).length > 0 ? resources : undefined;
}

/** Of a Kubernetes quantity: `500m` is half a core. */
function coresOf(quantity: string): number {
  return quantity.endsWith('m')
    ? Number(quantity.slice(0, -1)) / 1000
    : Number(quantity);
}

/** Of a Kubernetes quantity: `512Mi`. */
function bytesOf(quantity: string): number {
  const [, number, unit] = /^([\d.]+)(.*)$/.exec(quantity) ?? [];
  return Math.round(Number(number) * UNITS[unit]);
}

function withoutUndefined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
