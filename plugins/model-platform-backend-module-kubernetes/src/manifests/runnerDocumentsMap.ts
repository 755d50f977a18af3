import { V1ConfigMap } from '@kubernetes/client-node';
import { InputError } from '@backstage/errors';
import { FetchOrder } from '@model-platform/model-wire';
import { runnerDocuments } from '@model-platform/plugin-model-platform-node';
import { metadataOf, Placement } from './Placement';

/** What the cluster keeps of one object, less what else is in it. */
const MAX_BYTES = 1_000_000;

/** What a runner is started with beside its files, and which files these are. */
export function runnerDocumentsMap(placement: Placement): V1ConfigMap {
  const { endpoint, variant, cluster } = placement;
  const { model, version } = variant;
  const files = version.files.map(({ path, digest, sizeBytes }) => ({
    path,
    digest,
    sizeBytes,
  }));
  const order: FetchOrder = {
    formatVersion: 1,
    url: `${cluster.portalUrl.replace(
      /\/+$/,
      '',
    )}/api/model-platform/v1/models/${model.slug}/versions/${
      version.number
    }/files/`,
    files,
  };
  const data = {
    ...runnerDocuments(endpoint, variant),
    'fetch.json': JSON.stringify(order),
  };
  const bytes = Object.values(data).reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  );
  if (bytes > MAX_BYTES) {
    throw new InputError(
      `Version ${version.number} of ${model.name} has ${files.length} files: their list has ${bytes} bytes, and a cluster takes ${MAX_BYTES}; pack them together`,
    );
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(placement),
    data,
  };
}
