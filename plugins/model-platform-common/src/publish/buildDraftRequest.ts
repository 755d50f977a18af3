import { DraftRequest, Provenance, VersionFile } from '../types';
import { modelFields } from './checkModelFields';
import { Loading } from './inferLoading';

/**
 * What is sent to open a draft. The fields of `model.yaml` go as they were
 * written, wrong ones too: the platform names each of them with its rule. @public
 */
export function buildDraftRequest(given: {
  /** Of `model.yaml`. */
  fields: Record<string, unknown>;
  loading: Loading;
  signature: unknown;
  files: VersionFile[];
  provenance: Provenance;
  /** What pickles among the files would import, where the sender looked. */
  pickles?: DraftRequest['pickles'];
  force?: boolean;
}): DraftRequest {
  const { fields, loading, signature, files, provenance, pickles, force } =
    given;
  const model: Record<string, unknown> = {};
  for (const field of modelFields) {
    if (fields[field] !== undefined) model[field] = fields[field];
  }
  const request: Untyped<DraftRequest> = {
    model,
    version: {
      metadata: fields.metadata ?? {},
      flavor: loading.flavor,
      runtime: loading.runtime,
      signature,
      endpoint: loading.endpoint,
      image: fields.image,
      resources: fields.resources,
      metrics: fields.metrics,
      evaluation: fields.evaluation,
      example: fields.example,
      provenance: withGiven(provenance, fields.provenance),
    },
    files: files.map(({ path, digest, sizeBytes }) => ({
      path,
      digest,
      sizeBytes,
    })),
    pickles: pickles?.length ? pickles : undefined,
    force: force || undefined,
  };
  return request as unknown as DraftRequest;
}

/** The same keys, with values nobody has checked yet. */
type Untyped<T> = { [Key in keyof T]: unknown };

/** What `model.yaml` adds, such as the training run and the versions of data sets. */
function withGiven(found: Provenance, given: unknown): unknown {
  return given === undefined ||
    (typeof given === 'object' && given !== null && !Array.isArray(given))
    ? { ...found, ...given }
    : given;
}
