import { RunnerManifest } from './RunnerManifest';

/**
 * What the state of a waiting process belongs to: this version and no other,
 * though names and numbers may come again. A version that is on no platform
 * has them alone.
 */
export function stateBinding({
  model,
  version,
  digest,
}: Pick<Partial<RunnerManifest>, 'model' | 'version' | 'digest'>): string {
  return JSON.stringify([
    model?.id ?? [model?.system, model?.slug],
    version,
    digest,
  ]);
}
