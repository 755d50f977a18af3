import {
  REQUIREMENTS_LOCK,
  requirementsFileOf,
  Resources,
} from '@model-platform/plugin-model-platform-common';
import { InputError } from '@backstage/errors';
import {
  DesiredRevision,
  DesiredVariant,
  EndpointCodeSettings,
  LanguageModels,
} from '@model-platform/plugin-model-platform-node';
import {
  DEFAULT_CALL_TIMEOUT_MS,
  ENDPOINT_SETTINGS_FILE,
  LANGUAGE_MODEL_FILE,
} from '@model-platform/model-wire';
import { DerivedKeys } from './DerivedKeys';
import { EnvironmentSettings, KubernetesSettings } from './KubernetesSettings';
import { namespaceName, objectName } from './manifests/objectName';
import { Placement } from './manifests/Placement';

/** Where the variants of a revision go, and what their objects say. */
export function placementsOf(
  desired: DesiredRevision,
  options: {
    settings: KubernetesSettings;
    keys: DerivedKeys;
    languageModels: LanguageModels;
    endpointCode: EndpointCodeSettings;
  },
): Placement[] {
  const { ref, revision, environment } = desired;
  const { cluster } = options.settings;
  const settings = options.settings.environment(environment);
  return desired.variants.map(variant => {
    const { model, version } = variant;
    checkPackages(variant);
    const registry = registryOf(variant, environment, settings);
    const namespace = namespaceName(
      cluster.namespacePrefix,
      model.system,
      environment,
    );
    const name = objectName(ref.name, revision, variant.name);
    const languageModel =
      version.flavor === 'prompt' &&
      version.runtime === 'node' &&
      version.endpoint === undefined
        ? options.languageModels.find(environment, model)
        : undefined;
    const endpointCode =
      version.endpoint === undefined
        ? undefined
        : options.endpointCode.find(environment, model);
    return {
      namespace,
      name,
      endpoint: ref.name,
      revision,
      environment,
      variant,
      resources: awake({
        ...settings.resources,
        ...said(version.resources),
        ...said(desired.resources),
      }),
      maxBodyBytes: desired.maxBodyBytes,
      timeoutSeconds: desired.timeoutSeconds ?? DEFAULT_CALL_TIMEOUT_MS / 1000,
      cluster,
      settings,
      imagePullSecret: registry?.pullSecret,
      languageModel,
      settingsFiles: {
        ...(languageModel
          ? { [LANGUAGE_MODEL_FILE]: JSON.stringify(languageModel) }
          : {}),
        ...(endpointCode
          ? { [ENDPOINT_SETTINGS_FILE]: JSON.stringify(endpointCode) }
          : {}),
      },
      secrets: {
        runner: options.keys.runnerSecret(namespace, name),
        state:
          version.flavor === 'bpmn'
            ? options.keys.stateKey(model, version)
            : undefined,
        fingerprint: options.keys.fingerprint(),
      },
    };
  });
}

function checkPackages({ version }: DesiredVariant): void {
  if (version.runtime !== 'python') return;
  const paths = version.files.map(({ path }) => path);
  if (paths.includes(REQUIREMENTS_LOCK)) return;
  const file = requirementsFileOf(version, paths);
  if (file) {
    throw new InputError(
      `Version ${version.number} of ${version.model} says with ${file} which Python packages it needs, and pods install what is pinned alone; publish it with model-platform publish, which makes ${REQUIREMENTS_LOCK} of it`,
    );
  }
}

/** Of the version's own image: where the environment lets those of its system come from. */
function registryOf(
  { model: { system }, version: { number, model, image } }: DesiredVariant,
  environment: string,
  { imageRegistries }: EnvironmentSettings,
): EnvironmentSettings['imageRegistries'][number] | undefined {
  if (!image) return undefined;
  const own = imageRegistries.filter(
    ({ systems }) => systems?.includes(system) ?? true,
  );
  // The one that says most of it.
  const [registry] = own
    .filter(({ prefix }) =>
      image.reference.startsWith(`${prefix.replace(/\/$/, '')}/`),
    )
    .sort((a, b) => b.prefix.length - a.prefix.length);
  if (registry) return registry;
  const allowed = own.map(({ prefix }) => prefix).join(', ');
  throw new InputError(
    `Version ${number} of ${model} is the image ${
      image.reference
    }, and images of ${system} in ${environment} may come from ${
      allowed || 'no registry'
    } (modelPlatform.environments[].kubernetes.imageRegistries); push it there and publish it anew, or have its registry allowed`,
  );
}

/** Pods come and go by the cluster's autoscaler, which keeps one. */
function awake<T extends Resources>(resources: T): T {
  const { replicas } = resources;
  return replicas?.min === 0
    ? { ...resources, replicas: { ...replicas, min: 1 } }
    : resources;
}

function said(resources: Resources | undefined): Partial<Resources> {
  return Object.fromEntries(
    Object.entries(resources ?? {}).filter(([, value]) => value !== undefined),
  );
}
