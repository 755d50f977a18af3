import { LanguageModelSettings } from '@model-platform/model-wire';
import { Resources } from '@model-platform/plugin-model-platform-common';
import { DesiredVariant } from '@model-platform/plugin-model-platform-node';
import { ClusterSettings, EnvironmentSettings } from '../KubernetesSettings';
import { LABELS, OURS } from './labels';
import { systemLabel } from './systemMarks';

/** One variant of a revision, where it goes, and all that its objects say. */
export interface Placement {
  namespace: string;
  /** Of all its objects. */
  name: string;
  endpoint: string;
  revision: number;
  environment: string;
  variant: DesiredVariant;
  /** What the deployment says, else the version, else the environment. */
  resources: Resources & { cpu: string; memory: string };
  timeoutSeconds: number;
  /** Largest body of a call; as the runtime has it where absent. */
  maxBodyBytes?: number;
  cluster: ClusterSettings;
  settings: EnvironmentSettings;
  /** Name of a secret that fetches the model's own image. */
  imagePullSecret?: string;
  languageModel?: LanguageModelSettings;
  /** Of the runner's folder, by names of files: what the environment says to the model. */
  settingsFiles: Record<string, string>;
  secrets: {
    runner: string;
    /** Of processes alone, which hand their state to callers. */
    state?: string;
    /** Of what both are made of. */
    fingerprint: string;
  };
}

/** Of the pods of a variant, and of no others. */
export function selectorOf({
  endpoint,
  revision,
  variant,
}: Placement): Record<string, string> {
  return {
    [LABELS.component]: 'runner',
    [LABELS.endpoint]: endpoint,
    [LABELS.revision]: String(revision),
    [LABELS.variant]: variant.name,
  };
}

/** Of every object of a variant. */
export function labelsOf(placement: Placement): Record<string, string> {
  const { environment, variant } = placement;
  return {
    ...OURS,
    ...selectorOf(placement),
    ...systemLabel(variant.model.system),
    [LABELS.environment]: environment,
    [LABELS.model]: variant.model.slug,
    [LABELS.version]: String(variant.version.number),
    ...(variant.shadowShare ? { [LABELS.shadow]: 'true' } : {}),
  };
}

export function metadataOf(placement: Placement) {
  return {
    name: placement.name,
    namespace: placement.namespace,
    labels: labelsOf(placement),
  };
}
