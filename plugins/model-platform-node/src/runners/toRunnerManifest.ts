import { RunnerManifest } from '@model-platform/model-wire';
import {
  IMAGE_READY_PATH,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';

/** As the metadata of optimization models says it. */
function timeLimitOf({
  timeLimitSeconds,
}: ModelVersion['metadata']): number | undefined {
  return typeof timeLimitSeconds === 'number' && timeLimitSeconds > 0
    ? timeLimitSeconds
    : undefined;
}

/** What a runtime is told of a version. */
export function toRunnerManifest(
  model: Model,
  version: ModelVersion,
): RunnerManifest {
  return {
    formatVersion: 1,
    model: {
      id: model.id,
      name: model.name,
      slug: model.slug,
      system: model.system,
      type: model.type,
      description: model.description,
    },
    version: version.number,
    digest: version.manifestDigest,
    flavor: version.flavor,
    files: version.files.map(file => file.path),
    endpoint: version.endpoint,
    signature: version.signature,
    image: version.image && {
      port: version.image.port,
      model: version.image.model ?? model.slug,
      readyPath: version.image.readyPath ?? IMAGE_READY_PATH,
    },
    timeLimitSeconds: timeLimitOf(version.metadata),
    example: version.example,
    metrics: (version.metrics ?? []).map(
      ({ name, type, description, unit, labels }) => ({
        name,
        type,
        description,
        unit,
        labels,
      }),
    ),
  };
}
