import { VersionSpec } from '@model-platform/plugin-model-platform-common';
import { ModelFields } from '../registry/ModelStore';
import { toSlug } from '../registry/toSlug';
import { NewDraft } from '../registry/VersionStore';
import { draftRequest, fileOf } from './TestPlatform';

/** A draft as `VersionStore` takes it. */
export function newDraft(
  name: string,
  options: {
    fields?: Partial<ModelFields>;
    content?: string;
    key?: string;
    version?: Partial<VersionSpec>;
  } = {},
): NewDraft {
  const request = draftRequest(name, {
    files: [fileOf('model.onnx', options.content ?? name)],
  });
  return {
    fields: {
      ...request.model,
      lifecycle: 'experimental',
      visibility: 'system',
      sharedWith: [],
      tags: [],
      ...options.fields,
    },
    given: ['name'],
    slug: toSlug(name),
    spec: { ...request.version, ...options.version },
    files: request.files,
    manifestDigest: `sha256:${'0'.repeat(64)}`,
    publisher: 'user:default/mira',
    idempotencyKey: options.key,
    expiresAt: '2100-01-01T00:00:00.000Z',
  };
}
