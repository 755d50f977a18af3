import { V1ConfigMap } from '@kubernetes/client-node';
import { InputError } from '@backstage/errors';
import { FetchOrder } from '@model-platform/model-wire';
import {
  blobName,
  runnerDocuments,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { metadataOf, Placement } from './Placement';

/** What the cluster keeps of one object, less what else is in it. */
const MAX_BYTES = 1_000_000;

type Artifacts = NonNullable<Placement['settings']['artifacts']>;

/** What a runner is started with beside its files, and which files these are. */
export function runnerDocumentsMap(placement: Placement): V1ConfigMap {
  const { endpoint, variant, cluster, settings } = placement;
  const { model, version } = variant;
  const { artifacts } = settings;
  const keyOf = ({ prefix }: Artifacts, digest: string) =>
    [prefix, blobName(digest as Sha256, model.system)]
      .filter(Boolean)
      .join('/');
  const files = version.files.map(({ path, digest, sizeBytes }) => ({
    path,
    digest,
    sizeBytes,
    ...(artifacts ? { key: keyOf(artifacts, digest) } : {}),
  }));
  const order: FetchOrder = {
    formatVersion: 1,
    ...(artifacts ? { s3: bucketOf(artifacts) } : {}),
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

/** Less who may read it, which is no document. */
function bucketOf({ bucket, region, endpoint, forcePathStyle }: Artifacts) {
  return { bucket, region, endpoint, forcePathStyle };
}
