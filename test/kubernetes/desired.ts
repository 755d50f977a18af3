import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import {
  DesiredRevision,
  DesiredRoute,
} from '@model-platform/plugin-model-platform-node';

const digest = (text: string) =>
  `sha256:${createHash('sha256').update(text).digest('hex')}`;

export function modelOf(system: string): Model {
  return {
    id: `id-of-${system}`,
    name: 'Churn',
    slug: 'churn',
    type: 'ml',
    description: 'Who leaves',
    owner: 'group:default/crm',
    system,
    lifecycle: 'production',
    visibility: 'system',
    sharedWith: [],
    tags: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'user:default/mira',
    updatedAt: '2026-01-01T00:00:00.000Z',
    aliases: {},
    etag: '1',
  };
}

export function versionOf(
  number: number,
  change: Partial<ModelVersion> = {},
): ModelVersion {
  return {
    id: `version-${number}`,
    modelId: 'id',
    model: 'Churn',
    number,
    status: 'ready',
    metadata: {},
    flavor: 'onnx',
    runtime: 'node',
    signature: {
      inputs: [{ name: 'age', type: 'number' }],
      outputs: [{ name: 'leaves', type: 'boolean' }],
    },
    files: [
      { path: 'model.onnx', digest: digest(`model ${number}`), sizeBytes: 7 },
    ],
    manifestDigest: digest(`version ${number}`),
    aliases: [],
    publisher: 'user:default/mira',
    createdAt: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

/** A revision of one variant, `main`. */
export function revisionOf(
  name: string,
  revision: number,
  change: {
    system?: string;
    version?: Partial<ModelVersion>;
    resources?: DesiredRevision['resources'];
  } = {},
): DesiredRevision {
  return {
    ref: { name },
    revision,
    environment: 'test',
    variants: [
      {
        name: 'main',
        weight: 100,
        model: modelOf(change.system ?? 'crm'),
        version: versionOf(revision, change.version),
      },
    ],
    resources: change.resources,
    openFile: async () => Readable.from([]),
  };
}

export function routeOf(desired: DesiredRevision): DesiredRoute {
  return {
    revision: desired.revision,
    environment: desired.environment,
    variants: desired.variants.map(({ name, weight, model, version }) => ({
      name,
      weight,
      model,
      version: version.number,
      runners: [],
    })),
    tokens: [{ id: 'token-1', hash: 'a'.repeat(64), consumer: 'shop' }],
  };
}

export const never = { signal: new AbortController().signal };
