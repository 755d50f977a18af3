import { isDeepStrictEqual } from 'node:util';
import {
  ComparedVersion,
  EvaluationChange,
  FileChange,
  ModelVersion,
  Signature,
  SignatureField,
  ValueChange,
  VersionComparison,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';

/** What differs between two versions of a model, and nothing else. */
export function compareVersions(
  before: ModelVersion,
  after: ModelVersion,
): VersionComparison {
  const changes = {
    metadata: valueChanges(before.metadata, after.metadata),
    signature: signatureChanges(before.signature, after.signature),
    files: fileChanges(before.files, after.files),
    evaluation: evaluationChanges(
      before.evaluation ?? {},
      after.evaluation ?? {},
    ),
    resources: valueChanges(before.resources, after.resources),
    serving: valueChanges(servingOf(before), servingOf(after)),
  };
  return {
    model: before.model,
    before: toCompared(before),
    after: toCompared(after),
    identical: Object.values(changes).every(({ length }) => length === 0),
    ...changes,
    // Where it comes from does not make it another one.
    provenance: valueChanges(before.provenance, after.provenance),
  };
}

function toCompared(version: ModelVersion): ComparedVersion {
  const { number, status, publisher, readyAt, aliases } = version;
  return { number, status, publisher, readyAt, aliases };
}

function servingOf(version: ModelVersion): Record<string, unknown> {
  const { flavor, runtime, endpoint, image, example, metrics = [] } = version;
  return {
    flavor,
    runtime,
    endpoint,
    image,
    example,
    metrics: Object.fromEntries(
      metrics.map(({ name, ...metric }) => [name, metric]),
    ),
  };
}

/** By path down to what is no object; lists are one value. */
function valueChanges(
  before: unknown,
  after: unknown,
  path: string[] = [],
): ValueChange[] {
  if (isDeepStrictEqual(before, after)) {
    return [];
  }
  const empty = path.length === 0 ? {} : undefined;
  const left = before ?? empty;
  const right = after ?? empty;
  if (isObject(left) && isObject(right)) {
    return union(Object.keys(left), Object.keys(right)).flatMap(key =>
      valueChanges(own(left, key), own(right, key), [...path, key]),
    );
  }
  return [{ path: path.join('.'), before, after }];
}

function signatureChanges(before: Signature, after: Signature): ValueChange[] {
  return (['inputs', 'outputs'] as const).flatMap(direction => {
    const left = before[direction];
    const right = after[direction];
    const changes = valueChanges(byName(left), byName(right), [direction]);
    const order = [left, right].map(fields => fields.map(({ name }) => name));
    return changes.length === 0 && !isDeepStrictEqual(order[0], order[1])
      ? [{ path: direction, before: order[0], after: order[1] }]
      : changes;
  });
}

function byName(fields: SignatureField[]): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name, ...field }) => [name, field]));
}

function fileChanges(before: VersionFile[], after: VersionFile[]) {
  const left = new Map(before.map(file => [file.path, file]));
  const right = new Map(after.map(file => [file.path, file]));
  return union([...left.keys()], [...right.keys()]).flatMap(
    (path): FileChange[] => {
      const old = left.get(path);
      const now = right.get(path);
      if (old?.digest === now?.digest) return [];
      let change: FileChange['change'] = 'changed';
      if (!old) change = 'added';
      if (!now) change = 'removed';
      return [{ path, change, before: contentOf(old), after: contentOf(now) }];
    },
  );
}

function contentOf(file: VersionFile | undefined) {
  return file && { digest: file.digest, sizeBytes: file.sizeBytes };
}

function evaluationChanges(
  before: Record<string, number>,
  after: Record<string, number>,
) {
  return union(Object.keys(before), Object.keys(after)).flatMap(
    (name): EvaluationChange[] => {
      const old = own(before, name);
      const now = own(after, name);
      if (old === now) return [];
      return [
        {
          name,
          before: old,
          after: now,
          difference:
            old === undefined || now === undefined ? undefined : now - old,
        },
      ];
    },
  );
}

function union(left: string[], right: string[]): string[] {
  return [...new Set([...left, ...right])].sort();
}

function own<T>(object: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
